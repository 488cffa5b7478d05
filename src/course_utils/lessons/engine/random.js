// Random numbers that can be drawn again: the same seed gives the same numbers everywhere, which
// Math.random() does not. Source: mulberry32 by Tommy Ettinger (2017, public domain), 32 bits of state.

// seed: a whole number -> a function that gives the next number from 0 up to, not including, 1
export function seeded(seed) {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

// From a bell curve of mean 0 and deviation 1. Source: Box and Muller 1958.
export function normal(random) {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
