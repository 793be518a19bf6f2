import type { Parameters } from '@foretoken/drafting'

/** A confidence of logit c is to be taken for one of slope · c + offset (Platt 1999). */
export interface ConfidenceFit {
  readonly slope: number
  readonly offset: number
}

export interface Outcome {
  readonly confidence: number
  readonly accepted: boolean
}

/**
 * The likeliest slope and offset, by Newton's method. Training makes a draft surer than it is of text that it was not
 * trained on; these outcomes must be of such text. Few of them move little: slope and offset begin as Gaussians around
 * 1 and 0.
 */
export function fitConfidence(outcomes: Iterable<Outcome>): ConfidenceFit {
  const known = [...outcomes].map(({ confidence, accepted }) => ({ logit: logitOf(confidence), accepted }))
  let fit: ConfidenceFit = { slope: 1, offset: 0 }
  for (let round = 0; round < ROUNDS; round++) fit = improved(fit, known)
  return fit
}

export function correctedConfidence({ slope, offset }: ConfidenceFit, confidence: number): number {
  return chanceOf(slope * logitOf(confidence) + offset)
}

/** The same draft with its confidence corrected; `confidence` in drafting's definition says why it can be folded in. */
export function withConfidence(parameters: Parameters, { slope, offset }: ConfidenceFit): Parameters {
  const changes: Readonly<Record<string, (value: number) => number>> = {
    confidence_state: (value) => slope * value,
    confidence_top: (value) => slope * (1 + value) - 1,
    confidence_bias: (value) => slope * value + offset,
  }
  return new Map([...parameters].map(([name, values]) => [name, values.map(changes[name] ?? ((value) => value))]))
}

const ROUNDS = 12
const SLOPE_VARIANCE = 0.2
const OFFSET_VARIANCE = 0.6
/** Confidences are float32: beyond it they are 0 or 1. */
const LOGIT_MAX = 15

interface Known {
  readonly logit: number
  readonly accepted: boolean
}

/** One step of Newton's method on the logarithm of the posterior. */
function improved({ slope, offset }: ConfidenceFit, known: readonly Known[]): ConfidenceFit {
  let [toSlope, toOffset] = [(1 - slope) / SLOPE_VARIANCE, -offset / OFFSET_VARIANCE]
  let [slopes, both, offsets] = [1 / SLOPE_VARIANCE, 0, 1 / OFFSET_VARIANCE]
  for (const { logit, accepted } of known) {
    const expected = chanceOf(slope * logit + offset)
    const surprise = (accepted ? 1 : 0) - expected
    const information = expected * (1 - expected)
    toSlope += surprise * logit
    toOffset += surprise
    slopes += information * logit * logit
    both += information * logit
    offsets += information
  }
  const determinant = slopes * offsets - both * both
  return {
    slope: slope + (offsets * toSlope - both * toOffset) / determinant,
    offset: offset + (slopes * toOffset - both * toSlope) / determinant,
  }
}

function logitOf(chance: number): number {
  return Math.max(-LOGIT_MAX, Math.min(LOGIT_MAX, Math.log(chance / (1 - chance))))
}

function chanceOf(logit: number): number {
  return 1 / (1 + Math.exp(-logit))
}
