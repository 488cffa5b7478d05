// The models of the course, fetched when the reader asks and not before: from Python where Python
// runs, from the site where it does not. Both answer the same question (anywidget's "invoke").

import { startWorker } from "../engine/client.js";
import { button, make } from "./page.js";

const LONGEST = 10 * 60 * 1000; // a slow line, in milliseconds

async function filesOf(context, name, onProgress) {
  const options = { signal: AbortSignal.timeout(LONGEST), onProgress };
  const [info, [weights]] = await context.experimental.invoke("files", { name }, options);
  return { ...info, weights: weights.buffer ?? weights };
}

// A button that loads a model into a worker, with its progress. -> { node, ready }
//   ready: a promise of { worker, about }; about: what `call` answered for `load`
export function loading(context, name, call = "load") {
  const size = context.model.get("models")[name] / 1e6; // MB
  const bar = make("progress", { max: 1, "aria-label": `loading ${name}`, hidden: "" });
  const told = make("span", { role: "status" });
  const node = make("div", { class: "explorer-row" });
  const ready = new Promise((done) => {
    const press = async () => {
      start.disabled = true;
      bar.hidden = false;
      try {
        const files = await filesOf(context, name, (share) => (bar.value = share));
        const worker = startWorker(context.sources);
        const about = await worker.call(call, { name, files });
        node.remove();
        done({ worker, about });
      } catch (error) {
        [start.disabled, bar.hidden, told.textContent] = [false, true, sorry(error)];
      }
    };
    const start = button(`Load the model, ${size.toFixed(1)} MB`, press, { class: "explorer-load" });
    node.append(start, bar, told);
  });
  return { node, ready };
}

const sorry = (error) => `The model could not be loaded (${error.message}). Try once more.`;
