/** What a raw prediction looked like; outcomes are counted per kind. */
export interface Evidence {
  readonly source: 'request' | 'tenant'
  readonly match: number
  readonly share: number
  readonly support: number
  /** 0 for the first draft token of a proposal. */
  readonly depth: number
}

/**
 * Turns raw suffix scores into the probability that the target chooses the token, given that it chose all draft
 * tokens before it. Multiplied along a proposal these give survival, which therefore never increases with depth.
 *
 * One instance belongs to one tenant. It starts from constants that ship with the code and learns from this tenant's
 * outcomes only: Beta counts per bucket of evidence, which lean on coarser counts while they are few, and those on
 * the constants. Old outcomes fade, so a tenant whose traffic changes is believed again within some hundred tokens.
 */
export class Calibration {
  private readonly fine = new Counts(2 * MATCHES.length * CERTAINTIES * DEPTHS.length)
  private readonly coarse = new Counts(2 * MATCHES.length * CERTAINTIES)

  /** Names the bucket of this evidence, to ask for its probability now and report its outcome later. */
  bucket(evidence: Evidence): number {
    const source = evidence.source === 'request' ? 0 : 1
    const match = below(MATCHES, evidence.match)
    const certainty = certaintyOf(evidence)
    return ((source * MATCHES.length + match) * CERTAINTIES + certainty) * DEPTHS.length + below(DEPTHS, evidence.depth)
  }

  probability(bucket: number): number {
    const coarse = Math.floor(bucket / DEPTHS.length)
    return this.fine.mean(bucket, this.coarse.mean(coarse, prior(coarse), PRIOR_WEIGHT), COARSE_WEIGHT)
  }

  observe(bucket: number, chosen: boolean): void {
    this.fine.add(bucket, chosen)
    this.coarse.add(Math.floor(bucket / DEPTHS.length), chosen)
  }
}

/** Fading counts of outcomes. */
class Counts {
  private readonly chosen: Float32Array
  private readonly seen: Float32Array

  constructor(size: number) {
    this.chosen = new Float32Array(size)
    this.seen = new Float32Array(size)
  }

  mean(bucket: number, prior: number, priorWeight: number): number {
    return ((this.chosen[bucket] ?? 0) + prior * priorWeight) / ((this.seen[bucket] ?? 0) + priorWeight)
  }

  add(bucket: number, chosen: boolean): void {
    this.chosen[bucket] = (this.chosen[bucket] ?? 0) * FADE + (chosen ? 1 : 0)
    this.seen[bucket] = (this.seen[bucket] ?? 0) * FADE + 1
  }
}

/** Upper bounds (inclusive) of the buckets. */
const MATCHES = [1, 2, 3, 5, 8, 15, Number.POSITIVE_INFINITY]
const DEPTHS = [0, 3, Number.POSITIVE_INFINITY]
const SHARES = [0.35, 0.5, 0.65, 0.8, 0.95, 1]
/** Certainty of a unanimous vote grows with the number of places. */
const UNANIMOUS_SUPPORT = [1, 3, Number.POSITIVE_INFINITY]
const CERTAINTIES = SHARES.length + UNANIMOUS_SUPPORT.length

const FADE = 0.995
const PRIOR_WEIGHT = 4
const COARSE_WEIGHT = 8

function certaintyOf({ share, support }: Evidence): number {
  return share >= 1 ? SHARES.length + below(UNANIMOUS_SUPPORT, support) : below(SHARES, share)
}

/** Means over replays of public text (commands, SQL, JSON, dialogue, worked maths); no tenant's data is in them. */
function prior(coarse: number): number {
  const certainty = coarse % CERTAINTIES
  const match = Math.floor(coarse / CERTAINTIES) % MATCHES.length
  return PRIOR_SPLIT[certainty] ?? PRIOR_UNANIMOUS[certainty - SHARES.length]?.[match] ?? 0
}

/** Where places disagree the shares tell nearly all; where they agree, match length and support do. */
const PRIOR_SPLIT = [0.15, 0.25, 0.43, 0.52, 0.68, 0.87]
const PRIOR_UNANIMOUS = [
  [0.3, 0.45, 0.52, 0.6, 0.68, 0.75, 0.85],
  [0.45, 0.65, 0.8, 0.85, 0.9, 0.92, 0.97],
  [0.86, 0.94, 0.97, 0.98, 0.98, 0.99, 0.99],
]

function below(bounds: readonly number[], value: number): number {
  const bucket = bounds.findIndex((bound) => value <= bound)
  return bucket < 0 ? bounds.length - 1 : bucket
}
