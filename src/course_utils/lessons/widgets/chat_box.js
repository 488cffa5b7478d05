// shop-gpt at its counter: a conversation that goes on in the page, by the rules of
// course_utils/chat.py. What was said before is there at once; the model comes when asked for.

import { filled, oneOf } from "./forms.js";
import { loading } from "./models.js";
import { button, choice, fold, frame, make, row } from "./page.js";
import { listText, shopTable } from "./shop_list.js";

const MODEL = "shop-gpt";
const NAMES = { system: "System", user: "You", assistant: "Model" };
const UNUSUAL = "No customer of its training said it like this, so its reply is a guess: see what may be asked.";

// What a chooser calls a shop: by what it sells.
export const titleOf = (shop) => Object.keys(shop).join(", ");

function render(context) {
  const { model: held, el } = context;
  const form = held.get("form"), shops = held.get("shops"), asks = held.get("asks");
  const usual = oneOf(Object.values(asks).flat());
  const now = { shop: shops[0], worker: null, names: [], stop: null, leftOut: 0 };

  // ---- what is on the page ----

  const log = conversation();
  const list = shopTable(form, (shop) => {
    if (Object.keys(shop).length) return open(shop);
    list.show(now.shop);
    say("A shop sells something: one good at least must stay.");
  });
  const shop = choice("shop", shops.map(titleOf), (i) => open(shops[i]));
  const line = make("input", { type: "text", "aria-label": "your message", placeholder: "Type, then press Enter" });
  const go = button("send", () => (now.stop ? now.stop.abort() : send()));
  const reset = button("begin again", () => open(now.shop));
  const load = loading(context, MODEL);
  const read = make("p", { class: "cb-row" });
  const { root, say } = frame(el, "cb", "chat with shop-gpt",
    row(shop.label), fold("Its list: change a price, or sell something out", list.node),
    log.node, load.node, make("div", { class: "cb-line" }, line, go, reset));
  root.append(fold("What may be asked", questions(asks, form.goods, take)),
    fold("The row that the model has read", read));

  function show(messages = held.get("messages"), busy = false) {
    log.show(messages, now.leftOut, busy);
    go.textContent = now.stop ? "stop" : "send";
    line.disabled = go.disabled = !now.worker;
    reset.disabled = Boolean(now.stop) || messages.length < 2;
  }

  function take(text) {
    line.value = text;
    line.focus();
    if (!now.worker) say("Load the model: then you can send it.");
  }

  // ---- what is said ----

  function keep(messages) { // Python sees it too, where there is one
    held.set("messages", messages);
    held.save_changes();
  }

  function open(chosen) { // another list is another conversation
    now.stop?.abort();
    [now.shop, now.leftOut, read.textContent] = [chosen, 0, ""];
    shop.node.value = shops.findIndex((one) => listText(form, one) === listText(form, chosen));
    list.show(chosen);
    keep([{ role: "system", content: listText(form, chosen) }]);
    say(now.worker ? "A new conversation, with this list." : "Load the model, and say something.");
  }

  async function send() {
    const text = line.value;
    if (!text.trim()) return say("Expected a message, got an empty one: write something.");
    const asked = [...held.get("messages"), { role: "user", content: text }];
    now.stop = new AbortController();
    line.value = ""; // free for the next message, which waits there until the reply is written
    try {
      const said = await answer(asked, now.stop.signal);
      if (said === null) return back(text);
      keep([...asked, { role: "assistant", content: said }]);
      say(told(text));
    } catch (error) {
      back(text);
      say(`${error.message[0].toUpperCase()}${error.message.slice(1)}.`);
    } finally {
      now.stop = null;
      show();
    }
  }

  function back(text) { // what was not answered can be sent again
    if (!line.value) line.value = text;
  }

  // The reply as it comes -> what was said in the end; null if nothing was, or nobody waits.
  async function answer(asked, signal) {
    const room = held.get("room"), before = held.get("messages");
    const { ids, leftOut } = await now.worker.call("conversation", { name: MODEL, messages: asked, room });
    [now.leftOut, read.textContent] = [leftOut, ids.map((id) => now.names[id]).join("")];
    let said = "";
    const onPart = (part) => show([...asked, { role: "assistant", content: (said = part) }], true);
    show(asked, true);
    const given = { name: MODEL, ids, count: room };
    const done = await now.worker.call("reply", given, { onPart, signal });
    said = (done?.text ?? said).trim(); // stopped: what came stays
    return said && held.get("messages") === before ? said : null;
  }

  function told(text) {
    const left = now.leftOut ? `It no longer reads ${now.leftOut} messages: there is no room. ` : "";
    return `${left}${usual(text) ? "shop-gpt has answered." : UNUSUAL}`;
  }

  line.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing && !now.stop) send();
  });
  load.ready.then(({ worker, about }) => {
    [now.worker, now.names] = [worker, about.names];
    say("shop-gpt listens: type a message, or choose one from what may be asked.");
    show();
  });
  const redraw = () => show();
  held.on("change:messages", redraw);
  list.show(now.shop);
  show();
  return () => {
    held.off("change:messages", redraw);
    now.worker?.end();
  };
}

// The conversation, a line a message; what the model no longer reads is pale.
function conversation() {
  const node = make("div", { class: "cb-log", role: "log", "aria-label": "conversation", tabindex: 0 });
  const show = (messages, leftOut, busy) => {
    const first = messages[0]?.role === "system" ? 1 : 0;
    node.setAttribute("aria-busy", busy);
    while (node.children.length > messages.length) node.lastChild.remove();
    messages.forEach(({ role, content }, i) => {
      const line = node.children[i] ?? node.appendChild(make("p", {}, make("b"), " ", make("span")));
      const gone = i >= first && i < first + leftOut;
      line.className = `cb-${role}${gone ? " cb-gone" : ""}`;
      line.firstChild.textContent = `${NAMES[role]}${gone ? ", no longer read" : ""}:`;
      if (line.lastChild.textContent !== content) line.lastChild.textContent = content;
    });
    node.scrollTop = node.scrollHeight;
  };
  return { node, show };
}

// What customers said in its training, kind by kind, with words in the places: a button each.
function questions(asks, goods, take) {
  const node = make("div", { class: "cb-asks" });
  Object.entries(asks).forEach(([kind, forms], number) => {
    const words = { good: goods[number % goods.length], n: 2 };
    const texts = forms.map((form) => filled(form, words));
    const group = make("div", { role: "group", "aria-label": kind }, make("span", {}, `${kind}:`));
    group.append(...texts.map((text) => button(text, () => take(text))));
    node.append(group);
  });
  return node;
}

export default { render };
