import type { Rules } from '@foretoken/policy'
import type { SimulatedTenant } from '../tenant.ts'
import type { World } from '../world.ts'

/** One hour, as a strategy sees it. */
export interface Moment {
  readonly hour: number
  readonly nowMs: number
  readonly world: World
  /** Who is there, and allows learning. */
  readonly tenants: readonly SimulatedTenant[]
  readonly rules: Rules
  readonly budget: { readonly periodStartMs: number; readonly spentMs: number }
  /** Starts a run now; false where the budget has no room for it. */
  train(tenant: SimulatedTenant): boolean
}

export interface Strategy {
  readonly name: string
  /** Candidates go through shadow and canary, and not live at once. */
  readonly staged: boolean
  /** It looks at acceptance, so that has to be simulated. */
  readonly observes: boolean
  /** Who is in memory: what the strategy put there, or who was asked for latest. */
  readonly memory: 'placed' | 'lru'
  decide(moment: Moment): void
  readonly log?: PolicyLog
}

/** Decisions by kind, and the time that rounds took. */
export interface PolicyLog {
  readonly decisions: Map<string, number>
  readonly roundMs: number[]
}
