import { TenantRecord } from '@foretoken/policy/testing'
import type { Evidence } from './gate.ts'
import type { Truth } from './world.ts'

/** A tenant in one strategy's hands: what the platform knows of it, and beside it what is true. */
export class SimulatedTenant extends TenantRecord {
  /** Of the draft that serves, and of the one on trial. */
  liveGain = 0
  trialGain = 0
  run: OpenRun | null = null
  evidence: { readonly shared: Evidence; readonly current: Evidence | null } | null = null
  /** Tokens of its traffic as it is now. */
  phaseTokens = 0
  /** Steps that a draft worse than the static one served. */
  badSteps = 0
  /** Requests of the last hour, for who ranks by recency. */
  requestsLately = 0
  /** Chance that its adapter is in memory. */
  hotShare = 0

  constructor(
    readonly index: number,
    readonly truth: Truth,
  ) {
    super(`ten_${index}`)
  }

  isPresent(hour: number): boolean {
    return hour >= this.truth.arrivesAt && hour < this.truth.leavesAt
  }

  /** Its own draft is gone. */
  lose(): void {
    this.live = null
    this.liveGain = 0
    this.badSteps = 0
  }
}

export interface OpenRun {
  readonly endsAt: number
  readonly tokens: number
  readonly requests: number
}
