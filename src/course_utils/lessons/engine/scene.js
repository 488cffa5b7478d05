// A scene as pixels, byte by byte what course_utils/lessons/scenes draws: numbers are rounded to 32
// bits where NumPy does so. The shapes' stencils and the digits come from Python (`world`).

// A picture of nothing: side × side × 4 bytes, red, green, blue and 255.
export function bare({ side, ground }) {
  const pixels = new Uint8ClampedArray(4 * side * side);
  return pixels.map((_, i) => [...ground, 255][i % 4]);
}

// things: { shape, colour, size, place, dx, dy } or { digit, index, place }; a digit lies dx, dy from
// the middle of its place only where a reader moves it
export function draw(things, world, ground = bare(world)) {
  const fine = Float32Array.from(ground);
  for (const thing of things) put(fine, thing, world);
  return Uint8ClampedArray.from(fine, roundHalfToEven);
}

function put(fine, thing, world) {
  const { ink, n, top, left } = stencil(thing, world);
  for (let i = 0; i < n * n; i++) {
    const at = 4 * ((top + Math.floor(i / n)) * world.side + left + (i % n));
    for (let c = 0; c < 3; c++) {
      const old = fine[at + c];
      fine[at + c] = thing.digit === undefined
        ? old + Math.fround(ink[i] * Math.fround(world.rgb[thing.colour][c] - old))
        : old * (1 - ink[i]);
    }
  }
}

// How much of each pixel a thing covers, and where the square of n × n pixels begins.
function stencil(thing, world) {
  const { ink, n } = thing.digit === undefined ? shapeInk(thing, world) : digitInk(thing, world);
  const start = (line, shift = 0) => line * world.cell + world.cell / 2 + shift - n / 2;
  const [row, column] = [Math.floor(thing.place / 3), thing.place % 3];
  return { ink, n, top: start(row, thing.dy), left: start(column, thing.dx) };
}

function shapeInk({ shape, size }, { stencils }) { // two hexadecimal letters a pixel
  const bytes = stencils[shape][size].match(/../g).map((letters) => parseInt(letters, 16));
  return { ink: Float32Array.from(bytes, (byte) => byte / 255), n: Math.sqrt(bytes.length) };
}

function digitInk({ index }, { digits }) { // 8 × 8 letters, 0 to g for 0 to 16; drawn twice as large
  const { ink } = digits.find((one) => one.index === index);
  const letter = (i) => ink[8 * Math.floor(i / 32) + Math.floor((i % 16) / 2)];
  return { ink: Array.from({ length: 256 }, (_, i) => parseInt(letter(i), 17) / 16), n: 16 };
}

export function roundHalfToEven(x) { // as NumPy rounds
  const up = Math.round(x);
  return up - x === 0.5 && up % 2 ? up - 1 : up;
}

// Whether a thing lies wholly inside the picture.
export function fits(thing, world) {
  const { n, top, left } = stencil(thing, world);
  return [top, left].every((start) => start >= 0 && start + n <= world.side);
}

// A square picture scaled to another side: each new pixel is the mean of the area that it covers.
export function resize(pixels, from, to) {
  const out = new Uint8ClampedArray(4 * to * to);
  const shares = Array.from({ length: to }, (_, i) => covered((i * from) / to, ((i + 1) * from) / to));
  for (let i = 0; i < 4 * to * to; i++) {
    const [y, x] = [Math.floor(i / 4 / to), Math.floor(i / 4) % to];
    let sum = 0, all = 0;
    for (const [line, high] of shares[y]) {
      for (const [column, wide] of shares[x]) {
        sum += high * wide * pixels[4 * (line * from + column) + (i % 4)];
        all += high * wide;
      }
    }
    out[i] = Math.round(sum / all);
  }
  return out;
}

// Which pixels lie between two places, and how much of each.
function covered(begin, end) {
  const pixels = [];
  for (let i = Math.floor(begin); i < end - 1e-9; i++) {
    pixels.push([i, Math.min(i + 1, end) - Math.max(i, begin)]);
  }
  return pixels;
}

// A scene by chance, of kinds and in places as in the model's training.
export function anyScene(world, random = Math.random) {
  const whole = (n) => Math.floor(random() * n);
  const pick = (list) => list[whole(list.length)];
  const colours = Object.keys(world.rgb), shapes = Object.keys(world.stencils);
  const kinds = colours.flatMap((colour) => shapes.map((shape) => ({ colour, shape })))
    .filter(({ colour, shape }) => !world.heldOut.includes(`${colour} ${shape}`));
  const places = world.places.map((_, place) => place);
  const things = Array.from({ length: 1 + whole(world.most[0]) }, () => {
    const size = pick(world.sizes), far = world.shifts[size];
    const [place] = places.splice(whole(places.length), 1);
    const shift = () => whole(2 * far + 1) - far;
    return { ...pick(kinds), size, place, dx: shift(), dy: shift() };
  });
  return things.sort((a, b) => a.place - b.place);
}

// What the model has never seen in its training and this picture has: sentences, perhaps none.
//   own: whether the picture was drawn by hand, or is a file or a photograph
export function neverSeen(things, own, world) {
  const digits = things.filter((thing) => thing.digit !== undefined);
  const shapes = things.filter((thing) => thing.digit === undefined);
  const heldOut = shapes.find(({ colour, shape }) => world.heldOut.includes(`${colour} ${shape}`));
  const far = (thing) => Math.max(Math.abs(thing.dx ?? 0), Math.abs(thing.dy ?? 0));
  const limit = (thing) => world.shifts[thing.size] ?? 0;
  const [mostShapes, mostDigits] = world.most;
  return [
    [own, "a picture drawn by hand, or a photograph"],
    [!own && !things.length, "an empty picture"],
    [digits.length && shapes.length, "digits beside shapes"],
    [shapes.length > mostShapes, `more than ${mostShapes} shapes`],
    [digits.length > mostDigits, `more than ${mostDigits} digits`],
    [heldOut, heldOut && `a ${heldOut.colour} ${heldOut.shape}`],
    [things.some((thing) => far(thing) > limit(thing)), "a thing so far from the middle of its place"],
  ].filter(([holds]) => holds).map(([, what]) => what);
}
