import type { Decision } from './decision.ts'
import { decideRoute } from './drift/routing.ts'
import { choosePlaces } from './placement/choose-places.ts'
import { explainPlace } from './placement/explain.ts'
import { decideTrial } from './promotion/stages.ts'
import type { Rules } from './rules.ts'
import type { SchedulerState } from './state.ts'
import { chooseRuns } from './training/choose-runs.ts'
import { explainTraining } from './training/explain.ts'

export interface Round {
  /** Every decision about every tenant, in the order of the state. Made as they are read, so that none is held. */
  readonly decisions: Iterable<Decision>
  /** Those that change something. */
  readonly changes: Iterable<Decision>
  /** All about the tenant at this place of the state. */
  of(at: number): readonly Decision[]
  /** Training compute that the round had, and what is left of it. */
  readonly availableMs: number
  readonly leftMs: number
}

/**
 * One round: what to do about every tenant, given the state at one moment.
 *
 * What tenants compete for (budget, memory) is decided at once; a decision's figures and sentence are made when it is
 * read. So a round of 100,000 tenants holds some numbers of each, and who wants only the changes pays for no others.
 */
export function decideRound(state: SchedulerState, nowMs: number, rules: Rules): Round {
  const runs = chooseRuns(state, nowMs, rules)
  const places = choosePlaces(state.tenants, rules.memory)
  const about = (at: number): readonly Decision[] => {
    const tenant = state.tenants[at]
    if (!tenant) return []
    const decisions = [
      explainTraining(tenant, at, runs, nowMs, rules),
      decideTrial(tenant, nowMs, rules.promotion),
      decideRoute(tenant, nowMs, rules),
      explainPlace(tenant, places[at], rules.memory),
    ]
    return decisions.filter((decision) => decision !== null)
  }
  const all = {
    *[Symbol.iterator]() {
      for (let at = 0; at < state.tenants.length; at++) yield* about(at)
    },
  }
  const changes = {
    *[Symbol.iterator]() {
      for (const [at, { live, trial }] of state.tenants.entries()) {
        if (!live && !trial && !runs.grounds.has(at)) continue
        for (const decision of about(at)) if (decision.changes) yield decision
      }
    },
  }
  return { decisions: all, changes, of: about, availableMs: runs.availableMs, leftMs: runs.leftMs }
}
