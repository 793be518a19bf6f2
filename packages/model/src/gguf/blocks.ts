import { fromHalf } from '@foretoken/storage'

/** How a block of weights lies in a GGUF file. Formats: ggml's ggml-common.h (block_q4_0, block_q4_1, block_q8_0). */
interface BlockFormat {
  readonly weights: number
  readonly bytes: number
  /** Numbers in half precision that a block begins with: its scale, then its least weight where it has one. */
  readonly fields: number
  /** Writes the weights of a block whose codes begin at byte `from`. */
  decode(bytes: Uint8Array, from: number, scale: number, least: number, into: Float32Array, at: number): void
}

export const BLOCK_FORMATS = {
  Q4_0: {
    weights: 32,
    bytes: 18,
    fields: 1,
    decode: (bytes, from, scale, _least, into, at) => nibbles(bytes, from, scale, -8 * scale, into, at),
  },
  Q4_1: { weights: 32, bytes: 20, fields: 2, decode: nibbles },
  Q8_0: {
    weights: 32,
    bytes: 34,
    fields: 1,
    decode(bytes, from, scale, _least, into, at) {
      for (let index = 0; index < 32; index++) into[at + index] = scale * (((bytes[from + index] ?? 0) << 24) >> 24)
    },
  },
} as const satisfies Record<string, BlockFormat>

export type BlockType = keyof typeof BLOCK_FORMATS

/**
 * The weights of consecutive blocks: code × scale + least, rounded to single precision once, which is what ggml's
 * dequantize_row_* give (the product alone is exact). Throws RangeError for a scale that is no number.
 */
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
  if (!fields.every(Number.isFinite)) throw new RangeError('a block has a scale that is no number')
  const weights = new Float32Array(blocks * format.weights)
  for (let block = 0; block < blocks; block++) {
    const first = block * format.fields
    const codes = block * format.bytes + 2 * format.fields
    format.decode(bytes, codes, fields[first] ?? 0, fields[first + 1] ?? 0, weights, block * format.weights)
  }
  return weights
}

/** Sixteen bytes of two codes each: the low halves come first. */
function nibbles(bytes: Uint8Array, from: number, scale: number, least: number, into: Float32Array, at: number): void {
  for (let index = 0; index < 16; index++) {
    const pair = bytes[from + index] ?? 0
    into[at + index] = scale * (pair & 15) + least
    into[at + 16 + index] = scale * (pair >> 4) + least
  }
}
