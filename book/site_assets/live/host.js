// The course's live pieces on a page without Python: what anywidget does in a notebook, for a page
// that stands still. A piece is fetched when it comes into view, and a model when a reader asks.

(() => {
  const here = new URL(".", document.currentScript.src).href;
  const live = (window.courseLive = { sources: null, models: {} }); // filled by the files beside this one

  const onFile = location.protocol === "file:"; // where only scripts may be loaded
  const once = {};
  const loadScript = (name) => (once[name] ??= new Promise((resolve, reject) => {
    const tag = document.createElement("script");
    tag.onload = resolve;
    tag.onerror = () => reject(new Error(`${name} is not there`));
    tag.src = here + name;
    document.head.append(tag);
  }));

  let linked = null;
  async function pieces() {
    await loadScript("pieces.js");
    return (linked ??= live.link(live.sources));
  }

  // ---- what a piece is given: the values that Python would hold, and its two questions ----

  function stillModel(values) {
    const listeners = {};
    const tell = (event, ...what) => [...(listeners[event] ?? [])].forEach((each) => each(...what));
    return {
      get: (name) => values[name],
      set(name, value) {
        values[name] = value;
        tell(`change:${name}`, this, value);
        tell("change", this);
      },
      on: (event, listener) => (listeners[event] ??= new Set()).add(listener),
      off: (event, listener) => listeners[event]?.delete(listener),
      save_changes() {},
      send() {},
    };
  }

  async function invoke(question, { name }, { onProgress } = {}) {
    if (question !== "files") throw new Error(`expected "files", got "${question}"`);
    return onFile ? fromScript(name) : fromSite(name, onProgress);
  }

  async function fromScript(name) {
    await loadScript(`models/${name}.js`);
    const { weights, ...info } = live.models[name];
    return [info, [Uint8Array.from(atob(weights), (letter) => letter.charCodeAt(0)).buffer]];
  }

  async function fromSite(name, onProgress = () => {}) {
    const info = await (await answered(`models/${name}.json`)).json();
    const weights = await answered(`models/${name}.safetensors`);
    const bytes = new Uint8Array(info.bytes);
    let got = 0;
    for (const reader = weights.body.getReader(); ; ) {
      const { value, done } = await reader.read();
      if (done) return [info, [bytes.buffer]];
      bytes.set(value, got);
      onProgress((got += value.length) / info.bytes);
    }
  }

  async function answered(name) {
    const answer = await fetch(here + name);
    if (!answer.ok) throw new Error(`${name}: the site answered ${answer.status}`);
    return answer;
  }

  // ---- the page ----

  async function start(place) {
    const state = JSON.parse(place.querySelector(".live-state").textContent);
    const addresses = await pieces();
    const { default: piece } = await import(addresses[`widgets/${state.piece}.js`]);
    style(state.piece);
    const el = document.createElement("div");
    const context = { model: stillModel(state.values), el, experimental: { invoke }, sources: live.sources };
    await piece.render(context);
    place.replaceChildren(el);
    place.dataset.live = "yes";
  }

  function style(name) {
    if (document.querySelector(`style[data-piece="${name}"]`)) return;
    const tag = document.createElement("style");
    tag.dataset.piece = name;
    tag.textContent = live.styles[name];
    document.head.append(tag);
  }

  const watch = new IntersectionObserver((seen) => {
    for (const { isIntersecting, target } of seen) {
      if (!isIntersecting) continue;
      watch.unobserve(target);
      start(target).catch((error) => console.error(error));
    }
  }, { rootMargin: "800px" });
  document.addEventListener("DOMContentLoaded", () =>
    document.querySelectorAll(".live-piece").forEach((place) => watch.observe(place)));
})();
