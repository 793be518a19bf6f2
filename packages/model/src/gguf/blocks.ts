import { fromHalf } from '@foretoken/storage'

/**
 * How a block of weights lies in a GGUF file: `weights` of them in `bytes`. Formats: ggml's ggml-common.h
 * (block_q4_0, block_q4_1, block_q8_0); scales and minima are in half precision.
 */
interface BlockFormat {
  readonly weights: number
  readonly bytes: number
  /** Writes the weights of the block that starts at byte `from`, given its half-precision fields as floats. */
  readonly fields: number
  readonly decode: (bytes: Uint8Array, from: number, fields: Float32Array, at: number, into: Float32Array) => void
}

export const BLOCK_FORMATS = {
  Q4_0: {
    weights: 32,
    bytes: 18,
    fields: 1,
    decode(bytes, from, fields, at, into) {
      const scale = fields[0] ?? 0
      nibbles(bytes, from + 2, at, into, (code) => scale * (code - 8))
    },
  },
  Q4_1: {
    weights: 32,
    bytes: 20,
    fields: 2,
    decode(bytes, from, fields, at, into) {
      const [scale = 0, least = 0] = fields
      nibbles(bytes, from + 4, at, into, (code) => scale * code + least)
    },
  },
  Q8_0: {
    weights: 32,
    bytes: 34,
    fields: 1,
    decode(bytes, from, fields, at, into) {
      const scale = fields[0] ?? 0
      for (let index = 0; index < 32; index++) into[at + index] = scale * (((bytes[from + 2 + index] ?? 0) << 24) >> 24)
    },
  },
} as const satisfies Record<string, BlockFormat>

export type BlockType = keyof typeof BLOCK_FORMATS

/** The weights of consecutive blocks, rounded to single precision once, as ggml's dequantize_row_* gives them. */
export function dequantise(type: BlockType, bytes: Uint8Array): Float32Array {
  const format: BlockFormat = BLOCK_FORMATS[type]
  const blocks = bytes.length / format.bytes
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const halves = new Uint16Array(blocks * format.fields)
  for (let at = 0; at < halves.length; at++) {
    const block = Math.floor(at / format.fields)
    halves[at] = view.getUint16(block * format.bytes + 2 * (at % format.fields), true)
  }
  const fields = fromHalf(halves)
  const weights = new Float32Array(blocks * format.weights)
  for (let block = 0; block < blocks; block++) {
    const own = fields.subarray(block * format.fields, (block + 1) * format.fields)
    format.decode(bytes, block * format.bytes, own, block * format.weights, weights)
  }
  return weights
}

/** Sixteen bytes of two codes each: the low halves come first. */
function nibbles(bytes: Uint8Array, from: number, at: number, into: Float32Array, weight: (code: number) => number) {
  for (let index = 0; index < 16; index++) {
    const pair = bytes[from + index] ?? 0
    into[at + index] = weight(pair & 15)
    into[at + 16 + index] = weight(pair >> 4)
  }
}
