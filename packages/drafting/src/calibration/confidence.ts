import { LogisticFit } from './logistic-fit.ts'

/**
 * Turns a draft's own confidence into the probability that the target takes the token, given that it took those before.
 *
 * One instance belongs to one tenant and arm. It starts from the confidence itself, then it learns from this tenant's
 * outcomes alone: a curve per position, and offsets per bin of confidence for what no such curve fits. Old outcomes
 * fade, so traffic that changes is believed again within some hundred tokens.
 *
 * What is no probability, such as the confidence of a chain that overflowed, counts as none.
 */
export class ConfidenceCalibration {
  private readonly fits = Array.from({ length: POSITION_GROUPS }, () => new LogisticFit())
  private readonly rest = new Offsets(BINS)

  /** @param position 0 for the first draft token */
  probability(position: number, confidence: number): number {
    return clamp(this.fitted(position, confidence) + this.rest.of(binOf(confidence)))
  }

  /** The target took or refused a draft token of this position, having taken those before it. */
  observe(position: number, confidence: number, taken: boolean): void {
    const outcome = taken ? 1 : 0
    this.rest.add(binOf(confidence), outcome - this.fitted(position, confidence))
    this.fits[groupOf(position)]?.observe(logit(confidence), taken)
  }

  private fitted(position: number, confidence: number): number {
    return this.fits[groupOf(position)]?.probability(logit(confidence)) ?? 0
  }
}

/** Mean differences between outcomes and what was expected, drawn to zero while there are few. */
class Offsets {
  private readonly sums: Float64Array
  private readonly counts: Float64Array

  constructor(size: number) {
    this.sums = new Float64Array(size)
    this.counts = new Float64Array(size)
  }

  of(at: number): number {
    return (this.sums[at] ?? 0) / ((this.counts[at] ?? 0) + OFFSET_WEIGHT)
  }

  add(at: number, difference: number): void {
    this.sums[at] = (this.sums[at] ?? 0) * OFFSET_FADE + difference
    this.counts[at] = (this.counts[at] ?? 0) * OFFSET_FADE + 1
  }
}

/** Upper bounds of the bins of confidence. */
const BIN_BOUNDS = [0.05, 0.15, 0.3, 0.45, 0.6, 0.75, 0.85, 0.93, 0.98]
const BINS = BIN_BOUNDS.length + 1
/** Positions that share a curve: 0, 1, 2, 3, 4, 5–7 and beyond. */
const GROUP_BOUNDS = [0, 1, 2, 3, 4, 7]
const POSITION_GROUPS = GROUP_BOUNDS.length + 1

const OFFSET_FADE = 0.997
const OFFSET_WEIGHT = 60

function binOf(confidence: number): number {
  const bin = BIN_BOUNDS.findIndex((bound) => clamp(confidence) <= bound)
  return bin < 0 ? BINS - 1 : bin
}

function groupOf(position: number): number {
  const group = GROUP_BOUNDS.findIndex((bound) => position <= bound)
  return group < 0 ? POSITION_GROUPS - 1 : group
}

function logit(confidence: number): number {
  const probability = clamp(confidence)
  return Math.log(probability / (1 - probability))
}

function clamp(probability: number): number {
  return Number.isNaN(probability) ? LEAST : Math.min(1 - LEAST, Math.max(LEAST, probability))
}

/** Nothing is believed more surely: at 8 tokens, what is certain is lost once in a hundred chains. */
const LEAST = 0.001
