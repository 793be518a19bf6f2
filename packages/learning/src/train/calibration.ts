import type { ReplayedTrace } from './replay.ts'

/** How far a draft's confidence at one position can be believed. */
export interface CalibrationFigures {
  /** Draft tokens at this position that were verified: all before them were accepted. */
  readonly count: number
  /** Mean of the confidences, and the share that was accepted. */
  readonly confidence: number
  readonly acceptance: number
  /**
   * Expected calibration error (Guo et al. 2017): the distance between confidence and acceptance in each of BINS equally
   * wide bins, weighted by how many fell into it.
   */
  readonly error: number
}

export interface VerifiedToken {
  /** Position in its chain, from 0. */
  readonly at: number
  readonly confidence: number
  readonly accepted: boolean
}

/** By position of the chain. `corrected` says what a confidence is taken for. */
export function calibrationByPosition(
  replayed: readonly ReplayedTrace[],
  depth: number,
  corrected: (confidence: number) => number = (confidence) => confidence,
): CalibrationFigures[] {
  const positions = Array.from({ length: depth }, () => Array.from({ length: BINS }, () => ({ ...EMPTY })))
  for (const { at, confidence, accepted } of verifiedTokens(replayed, depth)) {
    const belief = corrected(confidence)
    const bin = positions[at]?.[Math.min(BINS - 1, Math.floor(belief * BINS))]
    if (!bin) continue
    bin.count++
    bin.confidence += belief
    if (accepted) bin.accepted++
  }
  return positions.map(figuresOf)
}

/** Every draft token that verification would have reached, with what would have become of it. */
export function* verifiedTokens(replayed: readonly ReplayedTrace[], depth: number): Generator<VerifiedToken> {
  for (const { trace, first, accepted, confidence } of replayed) {
    for (const [index, taken] of accepted.entries()) {
      const toCome = trace.tokens.length - (index + first)
      for (let at = 0; at < Math.min(depth, toCome) && at <= taken; at++) {
        yield { at, confidence: confidence[index * depth + at] ?? 0, accepted: at < taken }
      }
    }
  }
}

const BINS = 10
const EMPTY = { count: 0, confidence: 0, accepted: 0 }

function figuresOf(bins: readonly (typeof EMPTY)[]): CalibrationFigures {
  const total = (of: (bin: typeof EMPTY) => number) => bins.reduce((sum, bin) => sum + of(bin), 0)
  const count = total((bin) => bin.count)
  const mean = (sum: number) => (count === 0 ? 0 : sum / count)
  return {
    count,
    confidence: mean(total(({ confidence }) => confidence)),
    acceptance: mean(total(({ accepted }) => accepted)),
    error: mean(total(({ confidence, accepted }) => Math.abs(confidence - accepted))),
  }
}
