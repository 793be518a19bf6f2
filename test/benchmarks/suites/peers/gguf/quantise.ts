import { toHalf } from '@foretoken/storage'

/** Weights that share a scale. */
const BLOCK = 32
/** A scale in half precision, then a byte for each weight. */
const BLOCK_BYTES = 2 + BLOCK

/**
 * To ggml's Q8_0: of each 32 weights the greatest becomes ±127, and the scale is kept in half precision. As
 * quantize_row_q8_0_ref of ggml-quants.c does it, which divides by the scale before that is rounded.
 */
export function toQ8(values: Float32Array): Uint8Array {
  if (values.length % BLOCK !== 0) throw new RangeError(`${values.length} weights are not blocks of ${BLOCK}`)
  const blocks = values.length / BLOCK
  const bytes = new Uint8Array(blocks * BLOCK_BYTES)
  const view = new DataView(bytes.buffer)
  const scales = new Float32Array(blocks)
  for (let block = 0; block < blocks; block++) {
    const weights = values.subarray(block * BLOCK, (block + 1) * BLOCK)
    const scale = weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0) / 127
    scales[block] = scale
    const inverse = scale > 0 ? 1 / scale : 0
    for (const [at, weight] of weights.entries())
      view.setInt8(block * BLOCK_BYTES + 2 + at, roundAwayFromZero(weight * inverse))
  }
  for (const [block, half] of toHalf(scales).entries()) view.setUint16(block * BLOCK_BYTES, half, true)
  return bytes
}

/** C's roundf. */
const roundAwayFromZero = (value: number) => Math.sign(value) * Math.round(Math.abs(value))
