import type { PairedGain } from '@foretoken/policy'
import type { Random } from '../random.ts'

/**
 * What a paired bootstrap over requests would say, drawn instead of computed: the mean of n requests' gains is the true
 * one and a normal error, and its 95 % bound lies 1.645 standard errors below. (The bootstrap itself is tested where it
 * is; 2,000 resamples for each of some hundred thousand gates would take the simulation's time.)
 */
export class Evidence {
  requests = 0
  private sum = 0

  constructor(private readonly deviation: number) {}

  /** @param gain the true one, as a share */
  add(requests: number, gain: number, random: Random): void {
    if (requests <= 0) return
    this.requests += requests
    this.sum += requests * gain + Math.sqrt(requests) * this.deviation * random.gaussian()
  }

  get paired(): PairedGain {
    const gain = 1 + this.sum / Math.max(1, this.requests)
    return { gain, lower: gain - (1.645 * this.deviation) / Math.sqrt(Math.max(1, this.requests)) }
  }
}

/** Of one request's gain: 16 requests then tell 5 %, as the gates of the learning benchmark do. Assumed. */
export const REQUEST_DEVIATION = 0.12

/** A canary drafts for a share of each request's steps only, so each says less. */
export function canaryDeviation(share: number): number {
  return REQUEST_DEVIATION / Math.sqrt(share)
}

/** Requests that a run holds out of so many, and serves for its verdict: see `splitTraces` and GATE_TOKENS_MAX. */
export function heldOutOf(requests: number, tokensPerRequest: number): number {
  const heldOut = Math.min(0.3 * requests, Math.max(0.12 * requests, 16))
  return Math.floor(Math.min(heldOut, 5_000 / tokensPerRequest))
}
