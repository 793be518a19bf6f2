import { Tensor } from '@foretoken/onnx-runtime'
import type { PointerContext } from '../context.ts'
import type { GraphAdapter } from './graph-adapter.ts'

/** What the rows of a batch can point at, as the chain graph reads it: padded to the longest, in steps of STEP. */
export function contextFeeds(
  rows: readonly { readonly context: PointerContext }[],
  adapters: readonly GraphAdapter[],
  classes: number,
): Record<'keys' | 'context/places' | 'context/bias', Tensor> {
  const longest = Math.max(...rows.map(({ context }) => context.size))
  const length = STEP * Math.ceil(Math.max(1, longest) / STEP)
  const [rank, batch] = [rows[0]?.context.rank ?? 1, rows.length]
  const keys = new Float32Array(batch * length * rank)
  const places = new Int32Array(batch * length).fill(classes)
  const bias = new Float32Array(batch * length).fill(NOTHING)
  for (const [row, { context }] of rows.entries()) {
    const adapter = adapters[row]
    if (!adapter) continue
    const from = row * length
    keys.set(context.keys(), from * rank)
    bias.fill(adapter.pointerBias, from, from + context.size)
    for (const [at, id] of context.tokens().entries()) {
      places[from + at] = adapter.vocabulary.placeOf(id, classes)
    }
  }
  return {
    keys: new Tensor('float32', keys, [batch, length, rank]),
    'context/places': new Tensor('int32', places, [batch, 1, length]),
    'context/bias': new Tensor('float32', bias, [batch, 1, length]),
  }
}

/** Few different lengths: the runtime plans its memory anew for each. */
const STEP = 32
/** A score so low that the share is none, and finite, so that no row is all infinities. */
const NOTHING = -1e9
