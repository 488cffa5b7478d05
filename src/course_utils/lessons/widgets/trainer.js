// A GPT that learns before the reader's eyes. Here are its buttons and its settings; what it shows is
// in trainer_views.js, and the training itself in a worker, in engine/runs.js.

import { startWorker } from "../engine/client.js";
import { button, choice, frame, make, row, slider } from "./page.js";
import { curve, gradients, stories } from "./trainer_views.js";

const SEED = 1;
const SIZES = { // name: label, what may be chosen, what is chosen first
  width: ["width", [16, 32, 64], 32],
  layers: ["layers", [1, 2, 3, 4], 2],
  heads: ["heads", [1, 2, 4, 8], 4],
};
const METHODS = ["descent", "adamw", "muon"]; // as engine/optimise.js names them
const NAMES = ["plain descent", "AdamW", "Muon"];
const RATES = { descent: 0.5, adamw: 0.01, muon: 0.02 };
const BATCHES = [1, 4, 8, 16, 64];
const FIRST = { method: "muon", rate: RATES.muon, batch: 8 };

export const told = (rate) => String(Number(rate.toPrecision(2)));

// Steps a second, over the last so many: times in milliseconds, one a step
export function speed(times) {
  const last = times.slice(-20);
  return last.length < 2 ? 0 : (1000 * (last.length - 1)) / (last.at(-1) - last[0]);
}

// One line for those who look, and for those who listen.
export function summary({ step, loss, unseen, sound, floor }) {
  if (!step) return `Nothing learned yet: ${unseen.toFixed(2)} nats a token, and the floor is ${floor.toFixed(3)}.`;
  const over = Math.round(100 * (unseen / floor - 1));
  const stories = sound ? ` Of ${sound.of} stories it wrote, ${sound.sound} are sound.` : "";
  return `After ${step} steps: ${unseen.toFixed(3)} nats a token on unseen stories, ${over} % above the floor.${stories}`;
}

function render({ model: held, el, sources }) {
  const sizes = Object.fromEntries(Object.entries(SIZES).map(([name, [, , first]]) => [name, first]));
  const settings = { ...FIRST }, floor = held.get("floor");
  const now = { running: null, ended: null, turn: Promise.resolve(), born: null, worker: null };
  let history = fresh();

  const start = button("Start", () => (now.running ? pause() : inTurn(() => run())), { class: "tr-start" });
  const one = button("One step", () => inTurn(() => run(1)));
  const again = button("Again", restart, { title: "the same model, from its birth" });
  const figures = make("p", { class: "tr-figures" });
  const chart = curve(floor, held.get("tokens").length), written = stories(held.get("example")), bars = gradients();
  const rate = slider("learning rate", { min: -4, max: 0.5, step: 0.05 },
    (power) => change({ rate: 10 ** power }), (power) => told(10 ** power));
  const { say } = frame(el, "tr", "train in the page", row(start, one, again), figures, chart.node,
    make("div", { class: "tr-halves" }, controls(), written.node), fold(bars.node));
  rate.show(Math.log10(settings.rate));
  show();

  function controls() {
    const size = ([name, [label, values, first]]) =>
      pick(label, values, first, (value) => { sizes[name] = value; restart(); });
    return make("div", { class: "tr-controls" },
      group("How it learns, at any time",
        pick("optimizer", NAMES, NAMES[METHODS.indexOf(FIRST.method)], (_, i) => useMethod(METHODS[i])),
        rate.label, pick("stories a step", BATCHES, FIRST.batch, (batch) => change({ batch }))),
      group("The model, from its birth", ...Object.entries(SIZES).map(size)));
  }

  function useMethod(method) {
    rate.show(Math.log10(RATES[method]));
    change({ method, rate: RATES[method] });
  }

  // ---- the run ----

  // One thing after the other: what runs is stopped, and what it has done is kept. A single step is
  // waited for.
  function inTurn(act) {
    stop();
    now.turn = now.turn.then(() => {
      stop();
      return now.ended;
    }).then(act);
  }

  const stop = () => now.single || now.running?.abort();

  const pause = () => inTurn(() => {});

  function change(values) {
    const going = now.running && !now.single;
    Object.assign(settings, values);
    if (going) inTurn(() => run());
  }

  function restart() {
    const going = now.running && !now.single;
    inTurn(() => {
      chart.keep(history.unseen);
      [history, now.born] = [fresh(), null];
      say("");
      show();
      if (going) run();
    });
  }

  function run(steps) {
    now.running = new AbortController();
    now.single = steps === 1;
    now.ended = learn(steps, now.running.signal).catch(sorry).then(() => {
      [now.running, now.single] = [null, false];
      show();
    });
    show();
  }

  async function learn(steps, signal) {
    now.worker ??= startWorker(sources);
    now.born ??= now.worker.call("begin", birth());
    const { unseen } = await now.born;
    if (signal.aborted) return;
    if (!history.unseen.length) history.unseen.push([0, unseen]);
    history.times = [];
    await now.worker.call("train", { settings: { ...settings }, steps }, { onPart: note, signal });
  }

  const birth = () => ({
    grammar: held.get("grammar"), tokens: held.get("tokens"), block: held.get("block"),
    sizes: { ...sizes }, seed: SEED,
  });

  function note(part) {
    history.step = part.step;
    history.norms = part.norms;
    history.losses.push([part.step, part.loss]);
    history.times.push(performance.now());
    if (part.unseen) history.unseen.push([part.step, part.unseen]);
    if (part.written) history.written.push({ step: part.step, ...part.written });
    if (part.written) say(summary(state()));
    now.frame ??= requestAnimationFrame(() => { now.frame = null; show(); });
  }

  const state = () => ({
    step: history.step, floor, sound: history.written.at(-1),
    unseen: history.unseen.at(-1)?.[1] ?? Math.log(held.get("tokens").length),
  });

  function sorry(error) {
    say(`Training stopped: ${error.message}. Choose a smaller learning rate and press “Again”.`);
  }

  function show() {
    start.textContent = now.running ? "Pause" : history.step ? "Go on" : "Start";
    const pace = now.running && history.times.length > 1 ? `, ${speed(history.times).toFixed(1)} steps a second` : "";
    figures.textContent = `${countOf(sizes, held).toLocaleString("en")} weights, step ${history.step}${pace}`;
    chart.show(history.losses, history.unseen);
    written.show(history.written);
    bars.show(history.norms);
  }

  return () => now.worker?.end();
}

const fresh = () => ({ step: 0, losses: [], unseen: [], written: [], norms: [], times: [] });

// Every number that is learned: tokens and places, and in each layer the matrices, sums and norms.
export function countOf({ width, layers }, held) {
  const tables = (held.get("tokens").length + held.get("block")) * width;
  return tables + layers * (12 * width * width + 13 * width) + 2 * width;
}

function pick(label, values, first, chosen) {
  const { node, label: whole } = choice(label, values, (i) => chosen(values[i], i));
  node.value = values.indexOf(first);
  return whole;
}

function group(name, ...nodes) {
  return make("fieldset", {}, make("legend", {}, name), ...nodes);
}

function fold(node) {
  return make("details", {}, make("summary", {}, "The gradient of the last step"), node);
}

export default { render };
