// The pretraining loss of a short text, its probabilities dragged: no kernel, no network.
// As in the lesson, a loss is log-sum-exp minus the target's logit, so it is right for any logits.

import { softmax } from "../engine/gpt.js";
import { box } from "./box.js";
import { button, follow, frame, group, make, put, slider, visible } from "./page.js";

export const MOST = 10000; // of a logit, up and down, as in loss_explorer.py
const EDGE = 0.001; // the slider of a probability goes from here to 1 − EDGE

export function logSumExp(z) {
  const top = Math.max(...z);
  return top + Math.log(z.reduce((sum, x) => sum + Math.exp(x - top), 0));
}

// One prediction. z: its logits (V) -> p (V), nats, gradient (V): p − onehot
export function predict(z, target) {
  const p = softmax([...z]);
  const gradient = p.map((share, i) => share - (i === target ? 1 : 0));
  return { p, nats: logSumExp(z) - z[target], gradient };
}

// The logits after one probability was set: the others keep their proportions.
export function withShare(z, i, share) {
  const others = logSumExp(z.filter((_, j) => j !== i));
  const high = others + Math.log(share / (1 - share));
  const down = Math.max(0, high - MOST); // moving a whole row changes nothing
  return z.map((x, j) => Math.max(-MOST, (j === i ? high : x) - down));
}

// One step of learning rate 1 against the gradient.
export function stepped(z, target) {
  const { gradient } = predict(z, target);
  return z.map((x, i) => Math.max(-MOST, Math.min(MOST, x - gradient[i])));
}

export function perplexity(nats) {
  if (nats < Math.log(1e6)) return Math.exp(nats).toFixed(2);
  return `10^${(nats / Math.LN10).toFixed(1)}`;
}

const minus = (text) => text.replace(/^-(0\.0+)$/, "$1").replace("-", "−");
export const format = (x, digits = 3) => minus(x.toFixed(digits));
const both = (nats) => `${format(nats)} nats = ${format(nats / Math.LN2)} bits`;

export function summary(nats, words) {
  const loss = nats.reduce((sum, one) => sum + one, 0) / nats.length;
  return `Loss, the mean: ${both(loss)} a token. Perplexity ${perplexity(loss)}; ` +
    `guessing among ${words} words has ${words}.`;
}

// ---- the page ----

// A bar to the left or to the right of the middle, for a gradient from −1 to 1.
function signed() {
  const bar = make("div", { class: "le-bar" });
  const node = make("div", { class: "le-signed" }, bar);
  const show = (x) => {
    bar.style.width = `${50 * Math.abs(x)}%`;
    bar.style.left = `${x < 0 ? 50 + 50 * x : 50}%`;
    bar.classList.toggle("le-down", x < 0);
  };
  return { node, show };
}

// One word of one prediction: its probability to drag, its logit to type, its gradient.
function word(name, place, comes, held, changed, say) {
  const at = `${name}, ${place}`;
  const share = slider("", { min: EDGE, max: 1 - EDGE, step: EDGE, "aria-label": `probability of ${at}` },
    (p) => changed((z, i) => withShare(z, i, p)), format);
  const logit = box(`logit of ${at}`, MOST, held, (x) =>
    changed((z, i) => z.map((old, j) => (i === j ? x : old))), say);
  const pull = make("td"), bar = signed();
  const title = make("th", { scope: "row" }, comes ? `${name} ◀` : name);
  const node = make("tr", { class: comes ? "explorer-chosen" : "" }, title,
    make("td", {}, share.label), make("td", {}, logit.node), pull, make("td", {}, bar.node));
  const show = (p, gradient) => {
    share.show(p);
    logit.show();
    pull.textContent = format(gradient);
    bar.show(gradient);
  };
  return { node, show };
}

const HEADS = ["next", "probability, to drag", "logit", "gradient", "as a bar"];

// One prediction: what was read, and a line for each word that could come.
function prediction(model, t, change, say) {
  const names = model.get("names"), ids = model.get("ids"), target = ids[t + 1];
  const read = ids.slice(0, t + 1).map((id) => names[id]).join(" ");
  const caption = make("caption");
  const lines = names.map((name, i) => word(visible(name), `after “${read}”`, i === target,
    () => Number(model.get("logits")[t][i].toFixed(3)), (make) => change(t, (z) => make(z, i)), say));
  const head = make("tr", {}, ...HEADS.map((name) => make("th", { scope: "col" }, name)));
  const node = make("table", { class: "le-table" }, caption, make("thead", {}, head),
    make("tbody", {}, ...lines.map((line) => line.node)));
  const show = () => {
    const { p, nats, gradient } = predict(model.get("logits")[t], target);
    caption.textContent = `After “${read}” comes “${visible(names[target])}”: ${both(nats)}`;
    lines.forEach((line, i) => line.show(p[i], gradient[i]));
    return nats;
  };
  return { node, show };
}

function render({ model, el }) {
  const ids = model.get("ids"), names = model.get("names"), first = model.get("logits");
  const { root, say } = frame(el, "le", "loss explorer");
  const change = (t, how) =>
    put(model, { logits: model.get("logits").map((z, s) => (s === t ? how(z) : z)) });
  const all = (how) => () => put(model, { logits: model.get("logits").map((z, t) => how(z, ids[t + 1])) });
  const buttons = [
    button("one step against the gradient", all(stepped)),
    button("all equally likely", all((z) => z.map(() => 0))),
    button("sure and right", all((z, target) => z.map((_, i) => (i === target ? 10 : 0)))),
    button("sure and wrong", all((z, target) => z.map((_, i) => (i === (target + 1) % z.length ? 10 : 0)))),
    button("the first numbers", () => put(model, { logits: first })),
  ];
  const cards = ids.slice(1).map((_, t) => prediction(model, t, change, say));
  root.prepend(group("numbers to try", ...buttons), make("div", { class: "le-cards" }, ...cards.map(({ node }) => node)));
  return follow(model, ["logits"], () =>
    say(summary(cards.map((card) => card.show()), names.length)));
}

export default { render };
