// A picture of the reader's own and scene-gpt's answers about it, computed in a worker. Until the
// model is loaded, the page shows what Python has computed about the first picture.

import { neverSeen } from "../engine/scene.js";
import { loading } from "./models.js";
import { frame, make } from "./page.js";
import { fromPNG, toPNG } from "./pictures.js";
import { answering, asking } from "./scene_answers.js";
import { editor } from "./scene_editor.js";

const MODEL = "scene-gpt";
const LONGEST = 62; // tokens of a description, as many as fit behind a picture
const LOAD = "Load the model: then it answers about your picture.";

async function render(context) {
  const { model, el } = context;
  const first = model.get("first"), world = model.get("world");
  const ground = model.get("ground") ? await fromPNG(model.get("ground"), world) : null;
  const scene = { things: model.get("things"), ground };
  let worker = null, running = null, question = first.question;

  const load = loading(context, MODEL, "loadVision");
  const edit = editor(world, scene, () => [keep(), answer()]);
  const ask = asking(model.get("asked"), (text) => {
    question = text;
    told.begin();
    answer();
  });
  const { attention } = first.words[0];
  const told = answering(attention.length, attention[0].length);
  const reply = make("p", { role: "status", class: "sa-reply" });
  const { say } = frame(el, "sa", "scene-gpt answers about a picture",
    edit.node, load.node, ask.node, reply, told.node);

  function keep() { // what Python may want to know
    const drawn = scene.ground ? toPNG(scene.ground) : "";
    model.set("things", scene.things);
    model.set("ground", drawn);
    model.set("seen", toPNG(edit.pixels()));
    model.save_changes();
  }

  function warn() {
    const unseen = neverSeen(scene.things, Boolean(scene.ground), world);
    const here = unseen.length ? ` In its training it never met ${unseen.join(", nor ")}.` : "";
    say(model.get("note") + here);
  }

  async function answer() {
    warn();
    running?.abort();
    if (!worker) return beforehand();
    const mine = (running = new AbortController());
    const words = [], pixels = edit.pixels(), asked = question;
    const onPart = (word) => {
      words.push(word);
      if (mine === running) told.show(pixels, words);
    };
    const given = { name: MODEL, pixels, question, most: question ? undefined : LONGEST };
    const text = await worker.call("tell", given, { onPart, signal: mine.signal });
    if (mine !== running) return; // something newer was asked meanwhile
    told.show(pixels, words);
    reply.textContent = sentence(asked, text);
  }

  function beforehand() { // the one answer that needs no model in the page
    const known = model.get("seen") === first.seen && question === first.question;
    reply.textContent = known ? sentence(question, wordsOf(first)) : LOAD;
    if (known) told.show(edit.pixels(), first.words);
    else told.hide();
  }

  load.ready.then(({ worker: started }) => [worker = started, answer()]);
  ask.show(question);
  answer();
  return () => {
    edit.end();
    worker?.end();
  };
}

const wordsOf = ({ words }) => words.map(({ word }) => word).join(" ");
const sentence = (question, text) => `${question ?? "It says:"} ${text || "(nothing)"}`;

export default { render };
