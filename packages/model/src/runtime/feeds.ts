import { Tensor } from '@foretoken/onnx-runtime'
import type { TargetInput, TargetShape } from '../target.ts'

/** Added to a score, it leaves nothing after the softmax; finite, so that a fully masked row is no NaN. */
const masked = -1e9

/**
 * The input tensors of one run, padded to `length` tokens per sequence and `rows` logit rows.
 *
 * Padding tokens come last, so under the causal mask no real token sees them.
 */
export function feedsOf(input: TargetInput, shape: TargetShape, length: number, rows: number): Record<string, Tensor> {
  const { batch, capacity } = input
  const feeds: Record<string, Tensor> = {
    tokens: new Tensor('int32', padRows(input.tokens, batch, input.length, length), [batch, length]),
    positions: new Tensor('int64', widen(padRows(input.positions, batch, input.length, length)), [batch, length]),
    mask: new Tensor('float32', maskOf(input, length), [batch, 1, length, capacity + length]),
    score_sizes: new Tensor('int64', widen(Int32Array.of(capacity, length)), [2]),
    logit_rows: new Tensor('int32', logitRows(input, length, rows), [rows]),
  }
  const cacheShape = [batch, shape.keyValueHeads, capacity, shape.headDim]
  for (let layer = 0; layer < shape.layers; layer += 1) {
    feeds[`keys.${layer}`] = new Tensor('float32', input.keys[layer] ?? empty, cacheShape)
    feeds[`values.${layer}`] = new Tensor('float32', input.values[layer] ?? empty, cacheShape)
  }
  return feeds
}

const empty = new Float32Array()

function padRows(values: Int32Array, batch: number, from: number, to: number): Int32Array {
  if (from === to) return values
  const padded = new Int32Array(batch * to)
  for (let row = 0; row < batch; row += 1) padded.set(values.subarray(row * from, (row + 1) * from), row * to)
  return padded
}

/** int64 little-endian: writing the low halves is all there is to non-negative numbers, and makes no BigInts. */
function widen(values: Int32Array): BigInt64Array {
  const wide = new BigInt64Array(values.length)
  const halves = new Int32Array(wide.buffer)
  for (let index = 0; index < values.length; index += 1) halves[2 * index] = values[index] ?? 0
  return wide
}

/** [B, 1, S, C + S]: committed cache rows are open, new tokens by the caller's mask or causally. */
function maskOf(input: TargetInput, length: number): Float32Array {
  const { batch, capacity, newMask } = input
  const width = capacity + length
  const mask = new Float32Array(batch * length * width).fill(masked)
  for (let sequence = 0; sequence < batch; sequence += 1) {
    const past = input.pastLengths[sequence] ?? 0
    for (let row = 0; row < length; row += 1) {
      const start = (sequence * length + row) * width
      mask.fill(0, start, start + past)
      if (newMask && row < input.length) {
        const from = (sequence * input.length + row) * input.length
        mask.set(newMask.subarray(from, from + input.length), start + capacity)
      } else mask.fill(0, start + capacity, start + capacity + row + 1)
    }
  }
  return mask
}

/** Row numbers of the caller's [B, S] in the padded one; padding repeats row 0. */
function logitRows(input: TargetInput, length: number, rows: number): Int32Array {
  const padded = new Int32Array(rows)
  input.logitRows.forEach((row, index) => {
    padded[index] = Math.floor(row / input.length) * length + (row % input.length)
  })
  return padded
}
