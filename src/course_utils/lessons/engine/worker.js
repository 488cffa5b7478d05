// The engine's side of a worker. A question names one of these calls and gives one object; the
// answer is what the call returns. A call that is a generator hands on parts before it returns.

import * as pictures from "./pictures.js";
import * as runs from "./runs.js";
import * as talk from "./talk.js";
import * as texts from "./texts.js";

const CALLS = { ...texts, ...talk, ...pictures, ...runs };
const stopped = new Set();

// early: questions that came before the modules were linked
export function serve(early) {
  self.onmessage = ({ data }) => (data.stop ? stopped.add(data.id) : answer(data));
  early.forEach((data) => self.onmessage({ data }));
}

async function answer({ id, name, given }) {
  try {
    const call = CALLS[name](given);
    const result = typeof call?.next === "function" ? await inParts(id, call) : await call;
    self.postMessage({ id, result: result ?? null });
  } catch (error) {
    self.postMessage({ id, error: error.message });
  }
}

// Between two parts, some fifty times a second, the worker looks up: has somebody asked it to stop?
async function inParts(id, steps) {
  let last = performance.now();
  for (;;) {
    const { value, done } = stopped.delete(id) ? steps.return() : steps.next();
    if (done) return value;
    self.postMessage({ id, part: value });
    if (performance.now() - last < 20) continue;
    await new Promise((resolve) => setTimeout(resolve));
    last = performance.now();
  }
}
