// A model's file, read: safetensors is a header in JSON, and behind it plain numbers.
//
// The format: 8 bytes say how long the header is; the header names each tensor with its type, its
// shape and where its bytes begin and end. Source: github.com/huggingface/safetensors, "Format".

const DECODERS = { F16: halves, F32: (buffer) => new Float32Array(buffer) };

// bytes: an ArrayBuffer -> { name: { shape, values: Float32Array } }
export function readTensors(bytes) {
  const length = Number(new DataView(bytes).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 8, length)));
  delete header.__metadata__;
  const tensors = {};
  for (const [name, { dtype, shape, data_offsets: [begin, end] }] of Object.entries(header)) {
    if (!DECODERS[dtype]) throw new Error(`expected F16 or F32 in ${name}, got ${dtype}`);
    const start = 8 + length; // of the numbers
    tensors[name] = { shape, values: DECODERS[dtype](bytes.slice(start + begin, start + end)) };
  }
  return tensors;
}

// Numbers of 16 bits: 1 of sign, 5 of exponent, 10 of mantissa. There are 65,536 of them.
let table = null;
function halves(buffer) {
  table ??= Float32Array.from({ length: 65536 }, (_, bits) => half(bits));
  return Float32Array.from(new Uint16Array(buffer), (bits) => table[bits]);
}

export function half(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const mantissa = (bits & 1023) / 1024;
  if (exponent === 0) return sign * 2 ** -14 * mantissa;
  if (exponent === 31) return mantissa ? NaN : sign * Infinity;
  return sign * 2 ** (exponent - 15) * (1 + mantissa);
}

export const turned = ({ shape: [rows, columns], values }) =>
  ({ shape: [columns, rows], values: flip(values, rows, columns) });

// A matrix turned over: (rows, columns) -> (columns, rows)
export function flip(matrix, rows, columns) {
  const out = new Float32Array(matrix.length);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) out[c * rows + r] = matrix[r * columns + c];
  }
  return out;
}
