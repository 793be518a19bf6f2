import type { SamplingKernel } from '@foretoken/native'
import type { TokenLogprob } from '../request.ts'
import { argmax } from './argmax.ts'
import { exponential } from './exponential.ts'

/**
 * Log-softmax of the raw logits for one token and the `top` likeliest ones (likeliest first, lower id first on ties).
 * Tokens of probability 0 are not listed: JSON has no −∞.
 *
 * @param logits row [V] at `offset`, before any processor
 * @throws NumericError as {@link argmax}
 */
export function tokenLogprob(
  logits: Float32Array,
  offset: number,
  vocabularySize: number,
  token: number,
  top: number,
  kernel?: SamplingKernel,
): TokenLogprob {
  const { likeliest, sum } = compiled(kernel, logits, offset, top) ?? reference(logits, offset, vocabularySize, top)
  const normaliser = (logits[offset + (likeliest[0] ?? 0)] ?? 0) + Math.log(sum)
  const logprob = (id: number) => (logits[offset + id] ?? 0) - normaliser
  return {
    id: token,
    logprob: logprob(token),
    top: likeliest.slice(0, top).map((id) => ({ id, logprob: logprob(id) })),
  }
}

/** What one pass over a row finds. */
interface Found {
  /** Up to `top` ids, likeliest first, at least one. */
  readonly likeliest: number[]
  /** Σ e^(logit − highest), in the order of ids. */
  readonly sum: number
}

/** Undefined where there is no kernel, or the row is no distribution. */
function compiled(
  kernel: SamplingKernel | undefined,
  logits: Float32Array,
  offset: number,
  top: number,
): Found | undefined {
  if (!kernel) return undefined
  const ids = new Int32Array(Math.max(1, top))
  const sum = kernel.likeliest(logits, offset, ids)
  return sum < 0 ? undefined : { likeliest: [...ids].filter((id) => id >= 0), sum }
}

function reference(logits: Float32Array, offset: number, vocabularySize: number, top: number): Found {
  const first = argmax(logits, offset, vocabularySize)
  const likeliest = top > 1 ? topIds(logits, offset, vocabularySize, top) : [first]
  return { likeliest, sum: sumOfExponentials(logits, offset, vocabularySize, logits[offset + first] ?? 0) }
}

function sumOfExponentials(logits: Float32Array, offset: number, vocabularySize: number, highest: number): number {
  let sum = 0
  for (let id = 0; id < vocabularySize; id++) sum += exponential((logits[offset + id] ?? 0) - highest)
  return sum
}

/** Insertion into a list of at most `top` ids; all but a few tokens fail the first comparison. */
function topIds(logits: Float32Array, offset: number, vocabularySize: number, top: number): number[] {
  const ids: number[] = []
  let lowest = -Infinity
  for (let id = 0; id < vocabularySize; id++) {
    const logit = logits[offset + id] ?? 0
    if (!(logit > lowest)) continue
    if (ids.length === top) ids.pop()
    let rank = ids.length
    while (rank > 0 && (logits[offset + (ids[rank - 1] ?? 0)] ?? 0) < logit) rank--
    ids.splice(rank, 0, id)
    if (ids.length === top) lowest = logits[offset + (ids[top - 1] ?? 0)] ?? 0
  }
  return ids
}
