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
): TokenLogprob {
  const highest = logits[offset + argmax(logits, offset, vocabularySize)] ?? 0
  const normaliser = highest + Math.log(sumOfExponentials(logits, offset, vocabularySize, highest))
  const likeliest = top > 0 ? topIds(logits, offset, vocabularySize, top) : []
  const logprob = (id: number) => (logits[offset + id] ?? 0) - normaliser
  return { id: token, logprob: logprob(token), top: likeliest.map((id) => ({ id, logprob: logprob(id) })) }
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
