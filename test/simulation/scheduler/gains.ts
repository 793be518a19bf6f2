import { learnedShare } from '@foretoken/policy'
import type { Random } from '../random.ts'

/**
 * What drafts gain, as it was measured in this repository, on two cores, and what had to be assumed.
 *
 * Measured (`test/benchmarks/results/learning`): on templated traffic that is new to the static draft an adapter of
 * 10 thousand tokens gives 6 to 38 % more goodput with the suffix arm beside both; on traffic that the static draft knows
 * and on open dialogue 0 to 2 %. The static draft makes 1.42, 1.82, 1.92 and 2.15 tokens a step on the first kind, 4.22,
 * 4.42 and 2.92 on what it knows. How the gain grows with tokens is `learnedShare`. After a change of domain an adapter
 * makes 9 % fewer tokens a step than the static draft (1.68 against 1.84), and one that is trained on old and new traces
 * mixed is as good as one of the new alone. A run takes 8 s of a core for 10 thousand tokens. About half of the runs are
 * not promoted.
 *
 * Assumed: half of the tenants are templated, a quarter is known to the static draft, a quarter is open dialogue that it
 * does as poorly as templates, so that acceptance does not tell who can gain. Gains are uniform within what was measured.
 */
export type Kind = 'templated' | 'known' | 'dialogue'

export interface Traffic {
  /** Goodput of an adapter of 10 thousand tokens over the static draft, as a share. */
  readonly gain: number
  /** Tokens a step with the static draft. */
  readonly staticTokens: number
}

export function drawKind(random: Random, templatedShare: number): Kind {
  const draw = random.uniform()
  return draw < templatedShare ? 'templated' : draw < (1 + templatedShare) / 2 ? 'known' : 'dialogue'
}

export function drawTraffic(kind: Kind, random: Random): Traffic {
  const { gainMin, gainMax, staticMean, staticDeviation } = KINDS[kind]
  return {
    gain: gainMin + (gainMax - gainMin) * random.uniform(),
    staticTokens: Math.max(1.2, staticMean + staticDeviation * random.gaussian()),
  }
}

const KINDS = {
  templated: { gainMin: 0.06, gainMax: 0.38, staticMean: 1.83, staticDeviation: 0.3 },
  known: { gainMin: 0, gainMax: 0.02, staticMean: 3.85, staticDeviation: 0.7 },
  dialogue: { gainMin: 0, gainMax: 0.02, staticMean: 1.9, staticDeviation: 0.3 },
} as const

/** Gain of a draft of so many tokens of this traffic. */
export function gainAfter(gain: number, tokens: number): number {
  return (gain * learnedShare(tokens)) / learnedShare(10_000)
}

/** Goodput of a draft of other traffic. */
export const STALE_GAIN = -0.05

/** Deviation of committed tokens per step, and of one request's gain between two drafts: assumed, see `gate.ts`. */
export const STEP_DEVIATION = 1.5
