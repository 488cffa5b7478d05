// A picture from a file or from the camera, cut to a square and drawn anew: no network, and no
// kernel until the model is asked. Only pixels leave this file; `middle` runs outside a browser.

export const MOST = 480; // pixels a side of what Python gets
const TOO_LARGE = 50e6; // bytes of a file

// The square in the middle of a picture, and the side that it is scaled to.
export function middle(width, height) {
  const cut = Math.min(width, height);
  return { left: (width - cut) / 2, top: (height - cut) / 2, cut, side: Math.min(cut, MOST) };
}

// What went wrong, in one line.
export function told(error) {
  const known = {
    NotAllowedError: "The camera was not allowed: allow it in the browser, or choose a file.",
    NotFoundError: "There is no camera here: choose a file.",
    NotReadableError: "Another program uses the camera: close it, or choose a file.",
    TooLarge: "The file is larger than 50 MB: make it smaller.",
    NotAPicture: "This browser cannot read the file as a picture: choose a PNG or a JPEG.",
  };
  return known[error.name] || "The camera cannot be used here: choose a file.";
}

// ---- the page ----

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function fail(name) {
  throw Object.assign(new Error(name), { name });
}

// Draw the middle of an image or of a video anew, and return it as a data URL.
function drawn(source, width, height) {
  const { left, top, cut, side } = middle(width, height);
  const canvas = make("canvas", { width: side, height: side });
  const pen = canvas.getContext("2d");
  pen.fillStyle = "white"; // under what is transparent
  pen.fillRect(0, 0, side, side);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(source, left, top, cut, cut, 0, 0, side, side);
  return canvas.toDataURL("image/png");
}

async function fromFile(file) {
  if (file.size > TOO_LARGE) fail("TooLarge");
  const bitmap = await createImageBitmap(file).catch(() => fail("NotAPicture"));
  const url = drawn(bitmap, bitmap.width, bitmap.height);
  bitmap.close();
  return url;
}

// The camera: `start` asks for it, `take` gives a frame, `stop` switches it off.
function camera(video) {
  let stream = null;
  return {
    start: async () => {
      if (!navigator.mediaDevices) fail("NoCamera");
      stream = await navigator.mediaDevices.getUserMedia({ video: true });
      video.srcObject = stream;
      await video.play();
    },
    take: () => drawn(video, video.videoWidth, video.videoHeight),
    stop: () => {
      stream?.getTracks().forEach((track) => track.stop());
      video.srcObject = stream = null;
    },
  };
}

function button(text, press) {
  const node = make("button", { type: "button" }, text);
  node.addEventListener("click", press);
  return node;
}

function render({ model, el }) {
  const video = make("video", { muted: "", playsinline: "", "aria-label": "the camera's picture" });
  video.muted = true;
  const lens = camera(video);
  const status = make("p", { role: "status" });
  const seen = make("img", { width: 144, height: 144, alt: "the picture as the model sees it" });
  const say = (text) => (status.textContent = text);
  let gone = false;

  const watch = (on) => {
    for (const node of [video, take, cancel]) node.hidden = !on;
    for (const node of [file, start]) node.disabled = on;
    if (!on) lens.stop();
  };
  const choose = async (work) => {
    try {
      model.set("url", await work());
      model.save_changes();
      say("Chosen. Run the cells below again. (On a page without Python nothing answers.)");
    } catch (error) {
      say(told(error));
    }
  };
  const file = make("input", { type: "file", accept: "image/*", "aria-label": "a picture" });
  file.addEventListener("change", async () => {
    if (file.files.length) await choose(() => fromFile(file.files[0]));
    file.value = ""; // so that the same file can be chosen again
  });
  const start = button("use the camera", async () => {
    say("Waiting for the camera …");
    try {
      await lens.start();
      if (gone) return lens.stop();
      watch(true);
      say("The camera is on. Nothing is kept until you take the picture.");
    } catch (error) {
      lens.stop();
      say(told(error));
    }
  });
  const take = button("take the picture", async () => {
    await choose(async () => lens.take());
    watch(false);
  });
  const cancel = button("switch it off", () => {
    watch(false);
    say("The camera is off.");
  });

  const row = (...nodes) => make("div", { class: "explorer-row" }, ...nodes);
  const label = "picture picker";
  const root = make("div", { class: "course-explorer pp", role: "group", "aria-label": label });
  const note = make("p");
  root.append(row(file, start, take, cancel), row(seen, video), status, note);
  el.append(root);

  const update = () => {
    seen.src = model.get("seen");
    note.textContent = model.get("note");
  };
  const events = ["change:seen", "change:note"];
  for (const event of events) model.on(event, update);
  update();
  watch(false);
  say("This is the example. Choose a file, or use the camera: the middle of it is taken.");
  return () => {
    gone = true;
    lens.stop();
    events.forEach((event) => model.off(event, update));
  };
}

export default { render };
