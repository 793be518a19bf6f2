/**
 * The k likeliest tokens of a row and their natural logarithms of probability, in descending order, lower id first on
 * ties. Where fewer than k tokens are possible the rest is id 0 with −∞.
 *
 * Two passes and no sort. All but a few tokens fail the first comparison; the normaliser takes exponentials from a
 * table, which puts log-probabilities off by half its step, 1/1024, at most: drafts learn from this, nothing is
 * drawn from it.
 *
 * @param logits row [V] at `offset`
 * @param ids and `logprobs` receive k values from `at` on
 */
export function writeLikeliest(
  logits: Float32Array,
  offset: number,
  vocabularySize: number,
  k: number,
  ids: Int32Array,
  logprobs: Float32Array,
  at: number,
): void {
  ids.fill(0, at, at + k)
  logprobs.fill(-Infinity, at, at + k)
  const last = at + k - 1
  let lowest = -Infinity
  for (let id = 0; id < vocabularySize; id++) {
    const logit = logits[offset + id] ?? 0
    if (!(logit > lowest)) continue
    insert(id, logit, ids, logprobs, at, last)
    lowest = logprobs[last] ?? 0
  }
  const highest = logprobs[at] ?? 0
  const normaliser = highest + Math.log(massOf(logits, offset, vocabularySize, highest))
  for (let place = at; place <= last; place++) logprobs[place] = (logprobs[place] ?? 0) - normaliser
}

function insert(id: number, logit: number, ids: Int32Array, logprobs: Float32Array, first: number, last: number): void {
  let place = last
  while (place > first && (logprobs[place - 1] ?? 0) < logit) {
    logprobs[place] = logprobs[place - 1] ?? 0
    ids[place] = ids[place - 1] ?? 0
    place--
  }
  logprobs[place] = logit
  ids[place] = id
}

/** Σ e^(logit − highest), in two sums that do not wait for one another. */
function massOf(logits: Float32Array, offset: number, vocabularySize: number, highest: number): number {
  const zero = highest * STEPS_PER_NAT + 0.5
  const end = offset + vocabularySize
  let even = 0
  let odd = 0
  for (let at = offset; at < end; at += 2) {
    const step = zero - (logits[at] ?? 0) * STEPS_PER_NAT
    if (step < TABLE_SIZE) even += TABLE[step | 0] ?? 0
    const next = at + 1 < end ? zero - (logits[at + 1] ?? 0) * STEPS_PER_NAT : TABLE_SIZE
    if (next < TABLE_SIZE) odd += TABLE[next | 0] ?? 0
  }
  return even + odd
}

const STEPS_PER_NAT = 512
/** 24 nats: beyond, nothing counts. */
const TABLE_SIZE = 24 * STEPS_PER_NAT
const TABLE = Float32Array.from({ length: TABLE_SIZE }, (_, steps) => Math.exp(-steps / STEPS_PER_NAT))
