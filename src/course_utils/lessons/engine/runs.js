// A training run, step by step, as a page asks for it. It lives as long as its worker.

import { parameters, zerosLike } from "./backprop.js";
import { follow, sample } from "./grammar.js";
import { update } from "./optimise.js";
import { seeded } from "./random.js";
import { learnAll, limit, lossOf, newModel, toIds, writeText } from "./training.js";

const WARM = 10; // steps in which the learning rate rises
const EVERY = 10, UNSEEN = 32; // after so many steps, a look at so many stories put aside
const PAUSE = 3000, ASKED = 20, TEMPERATURE = 0.7; // after so many milliseconds it writes stories

let run = null;

// A new model. grammar, tokens, block: as Python gives them; sizes: { width, layers, heads }
export function begin({ grammar, tokens, block, sizes, seed }) {
  const model = newModel({ size: tokens.length, block, ...sizes }, seeded(seed));
  const stories = (random) => (count) =>
    Array.from({ length: count }, () => toIds(sample(grammar, random), tokens));
  run = {
    model, grammar, tokens, step: 0, memory: {}, method: null, written: -Infinity,
    draw: stories(seeded(seed + 1)), unseen: stories(seeded(seed + 2))(UNSEEN), random: seeded(seed + 3),
  };
  const count = parameters(model).reduce((sum, [, values]) => sum + values.length, 0);
  return { count, unseen: lossOf(model, run.unseen) };
}

// Step by step, until it is stopped or `steps` are done. Each part: { step, loss, norms }, and from
// time to time `unseen`, the loss on the stories put aside, and `written`, what it writes now.
export function* train({ settings, steps = Infinity }) {
  if (settings.method !== run.method) Object.assign(run, { method: settings.method, memory: {} });
  for (let done = 0; done < steps; done++) {
    const part = oneStep(settings);
    const due = steps < Infinity || performance.now() - run.written > PAUSE;
    if (due || run.step % EVERY === 0) part.unseen = lossOf(run.model, run.unseen);
    if (due) {
      part.written = stories();
      run.written = performance.now();
    }
    yield part;
  }
}

export function oneStep({ method, rate, batch }) {
  const grads = zerosLike(run.model), loss = learnAll(run.model, run.draw(batch), grads);
  const norms = limit(grads), now = rate * Math.min(1, (run.step + 1) / WARM);
  if (!norms.every(([, norm]) => Number.isFinite(norm))) {
    throw new Error(`the gradient at step ${run.step + 1} is no number any more`);
  }
  update(run.model, grads, run.memory, { method, rate: now, adamRate: now / 2, decay: 0 });
  return { step: ++run.step, loss, norms };
}

// Stories as it writes them now: how many are sound, and the first with where it goes wrong.
function stories() {
  const { model, tokens, grammar, random } = run;
  const texts = Array.from({ length: ASKED }, () => writeText(model, tokens, TEMPERATURE, random));
  const read = texts.map((text) => ({ text, ...follow(grammar, text) }));
  const sound = read.filter(({ whole }) => whole > -Infinity).length;
  return { sound, of: ASKED, first: read[0] };
}
