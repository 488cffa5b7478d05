// Pictures in a page: from a file or the camera, cut to a square and scaled, as pixels and as PNG.
// Nothing of a file but its pixels goes any further. `middle` and `told` run outside a browser.

import { resize } from "../engine/scene.js";
import { make } from "./page.js";

const MOST = 480; // pixels a side before we scale by ourselves: browsers scale in ways of their own
const TOO_LARGE = 50e6; // bytes of a file

// The square in the middle of a picture, and the side that it is drawn with.
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

function fail(name) {
  throw Object.assign(new Error(name), { name });
}

// The middle of an image or of a video as side × side × 4 bytes; ground: what is below clear pixels
function pixelsOf(source, width, height, { side, ground }) {
  const { left, top, cut, side: drawn } = middle(width, height);
  const canvas = make("canvas", { width: drawn, height: drawn });
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.fillStyle = `rgb(${ground})`;
  pen.fillRect(0, 0, drawn, drawn);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(source, left, top, cut, cut, 0, 0, drawn, drawn);
  return resize(pen.getImageData(0, 0, drawn, drawn).data, drawn, side);
}

export async function fromFile(file, world) {
  if (file.size > TOO_LARGE) fail("TooLarge");
  const bitmap = await createImageBitmap(file).catch(() => fail("NotAPicture"));
  const pixels = pixelsOf(bitmap, bitmap.width, bitmap.height, world);
  bitmap.close();
  return pixels;
}

// A PNG that Python or `toPNG` made, of side × side pixels.
export async function fromPNG(url, world) {
  const image = new Image();
  image.src = url;
  await image.decode();
  return pixelsOf(image, image.width, image.height, world);
}

export function paint(canvas, pixels) {
  const side = canvas.width;
  canvas.getContext("2d").putImageData(new ImageData(new Uint8ClampedArray(pixels), side), 0, 0);
}

export function toPNG(pixels) {
  const side = Math.sqrt(pixels.length / 4);
  const canvas = make("canvas", { width: side, height: side });
  paint(canvas, pixels);
  return canvas.toDataURL("image/png");
}

// The camera: `start` asks for it, `take` gives a frame, `stop` switches it off.
function lensOf(video, world) {
  let stream = null;
  return {
    start: async () => {
      if (!navigator.mediaDevices) fail("NoCamera");
      stream = await navigator.mediaDevices.getUserMedia({ video: true });
      video.srcObject = stream;
      await video.play();
    },
    take: () => pixelsOf(video, video.videoWidth, video.videoHeight, world),
    stop: () => {
      stream?.getTracks().forEach((track) => track.stop());
      video.srcObject = stream = null;
    },
  };
}

// A file and the camera to choose from: chosen(pixels), say(line). -> { node, end }
export function chooser(world, chosen, say) {
  const video = make("video", { muted: "", playsinline: "", "aria-label": "the camera's picture" });
  video.muted = true;
  const lens = lensOf(video, world);
  let gone = false;
  const attempt = async (work) => {
    try {
      await work();
    } catch (error) {
      watch(false);
      say(told(error));
    }
  };
  const press = (text, work) => {
    const node = make("button", { type: "button" }, text);
    node.addEventListener("click", () => attempt(work));
    return node;
  };
  const file = make("input", { type: "file", accept: "image/*", class: "explorer-hidden" });
  const open = make("label", { class: "explorer-file" }, file, "open a picture …");
  file.addEventListener("change", () => attempt(async () => {
    if (file.files.length) chosen(await fromFile(file.files[0], world));
    file.value = ""; // so that the same file can be chosen again
  }));
  const start = press("use the camera", async () => {
    say("Waiting for the camera …");
    await lens.start();
    if (gone) return lens.stop();
    watch(true);
    say("The camera is on. Nothing is kept until you take the picture.");
  });
  const take = press("take the picture", () => {
    chosen(lens.take());
    watch(false);
  });
  const cancel = press("switch it off", () => {
    watch(false);
    say("The camera is off.");
  });
  const watch = (on) => {
    for (const node of [video, take, cancel]) node.hidden = !on;
    for (const node of [file, start]) node.disabled = on;
    if (!on) lens.stop();
  };
  watch(false);
  const end = () => [gone] = [true, lens.stop()];
  return { node: make("div", { class: "explorer-row" }, open, start, take, cancel, video), end };
}
