/** Tokens that were committed, and how long that took. */
export interface Goodput {
  readonly tokens: number
  readonly ms: number
}

/** One request, served twice (the same tokens, in different times), or by two drafts that took turns at its steps. */
export interface PairedRequest {
  readonly baseline: Goodput
  readonly candidate: Goodput
}

export interface PairedGain {
  /** Goodput of the candidate ÷ goodput of the baseline, over all requests. */
  readonly gain: number
  /** The gain that resampled requests exceed in all but ALPHA of the cases. */
  readonly lower: number
}

/**
 * How much faster the candidate serves, with a lower bound by paired bootstrap over requests (Efron & Tibshirani 1993):
 * tokens of one request are no independent witnesses, so requests are drawn, not tokens. What is hard in a request is
 * hard for both, and is in both of the sums whose ratio is taken, or in neither.
 */
export function pairedGain(pairs: readonly PairedRequest[], random: { uniform(): number }): PairedGain {
  const gainOf = (pick: (index: number) => PairedRequest | undefined) => {
    let [tokens, ms, rivalTokens, rivalMs] = [0, 0, 0, 0]
    for (let index = 0; index < pairs.length; index++) {
      const { candidate, baseline } = pick(index) ?? NOTHING
      tokens += candidate.tokens
      ms += candidate.ms
      rivalTokens += baseline.tokens
      rivalMs += baseline.ms
    }
    return ms > 0 && rivalTokens > 0 ? (tokens / ms) * (rivalMs / rivalTokens) : 1
  }
  const gains = Array.from({ length: RESAMPLES }, () =>
    gainOf(() => pairs[Math.floor(random.uniform() * pairs.length)]),
  ).sort((a, b) => a - b)
  return { gain: gainOf((index) => pairs[index]), lower: gains[Math.floor(ALPHA * RESAMPLES)] ?? 0 }
}

const NOTHING: PairedRequest = { baseline: { tokens: 0, ms: 0 }, candidate: { tokens: 0, ms: 0 } }
const RESAMPLES = 2_000
const ALPHA = 0.05

export type Gate = { readonly pass: boolean; readonly reason: string }

/**
 * Promotion asks for a gain at the lower bound, over each of what the tenant could have instead: GAIN_MIN of a replay,
 * what the rules say of the stages after it.
 */
export function gate(
  gains: Readonly<Record<string, PairedGain>>,
  requests: number,
  { gainMin = GAIN_MIN, witnesses = 'held-out requests' } = {},
): Gate {
  const percent = (gain: number) => `${gain >= 1 ? '+' : ''}${((gain - 1) * 100).toFixed(1)} %`
  const told = Object.entries(gains).map(
    ([name, { gain, lower }]) => `${percent(gain)} goodput over ${name} (95 % sure of ${percent(lower)})`,
  )
  const figures = `${told.join(', ')} on ${requests} ${witnesses}`
  if (requests < REQUESTS_MIN || told.length === 0)
    return { pass: false, reason: `Only ${requests} ${witnesses} to judge by.` }
  const failed = Object.entries(gains).find(([, { lower }]) => lower < 1 + gainMin)
  if (failed) return { pass: false, reason: `Not surely better than ${failed[0]}: ${figures}.` }
  return { pass: true, reason: `Better: ${figures}.` }
}

export const GAIN_MIN = 0.02
export const REQUESTS_MIN = 8
