import type { Rules } from '../rules.ts'
import type { SchedulerState, TenantState } from '../state.ts'
import { isAged, mayTrain } from './due.ts'
import { type Expectations, expectationsOf } from './gain.ts'
import { type TrainingValue, valueOfTraining } from './value.ts'

/** Why a tenant is trained. */
export type TrainingGround = 'ordered' | 'aged' | 'worth'

export interface RunChoice {
  readonly expectations: Expectations
  /** By the tenant's place in the state. */
  readonly grounds: ReadonlyMap<number, TrainingGround>
  /** What is left of the budget for this round before and after. */
  readonly availableMs: number
  readonly leftMs: number
}

/**
 * Which tenants are trained now, within what the budget has for this round: ordered ones first; then aged ones, the
 * longest waiting first, from their part of the budget; then by worth, the most saved milliseconds per millisecond of
 * training first (Dantzig's greedy rule for the knapsack: runs are small beside the budget).
 *
 * No starvation: an aged tenant waits for those that aged before it, and each round that has them trains one at least,
 * or saves up for it. So it is trained within agedRounds + (aged tenants × a run's cost ÷ the least a round has) rounds.
 */
export function chooseRuns(state: SchedulerState, nowMs: number, rules: Rules): RunChoice {
  const expectations = expectationsOf(state.tenants)
  const queues = queuesOf(state.tenants, expectations, nowMs, rules)
  const availableMs = availableBudget(state, nowMs, rules)
  const grounds = new Map<number, TrainingGround>()
  let leftMs = availableMs
  /** Takes from a queue up to a limit, one at least; false when the next one needs more than there is. */
  const take = (queue: readonly Waiting[], ground: TrainingGround, limitMs: number): boolean => {
    let takenMs = 0
    for (const { at, costMs } of queue) {
      if (takenMs > 0 && takenMs + costMs > limitMs) break
      if (costMs > leftMs) return false
      grounds.set(at, ground)
      takenMs += costMs
      leftMs -= costMs
    }
    return true
  }
  // What does not fit today is saved up for, not overtaken: otherwise cheaper runs would overtake it for ever.
  const everybodyFits =
    take(queues.ordered, 'ordered', Number.POSITIVE_INFINITY) &&
    take(queues.aged, 'aged', rules.training.agedShare * roundShare(rules))
  if (everybodyFits) take(queues.worth, 'worth', Number.POSITIVE_INFINITY)
  return { expectations, grounds, availableMs, leftMs }
}

/** A period's budget becomes available evenly; what a round leaves stays for the next one of the period. */
function availableBudget({ budget }: SchedulerState, nowMs: number, { training }: Rules): number {
  const elapsed = Math.min(1, (nowMs - budget.periodStartMs + training.roundMs) / training.periodMs)
  return Math.max(0, training.budgetMs * elapsed - budget.spentMs)
}

function roundShare({ training }: Rules): number {
  return training.budgetMs * Math.min(1, training.roundMs / training.periodMs)
}

interface Waiting {
  readonly at: number
  /** The smallest goes first; of equals, the first in the state. */
  readonly key: number
  readonly costMs: number
}

function queuesOf(tenants: readonly TenantState[], expectations: Expectations, nowMs: number, rules: Rules) {
  const queues = { ordered: [] as Waiting[], aged: [] as Waiting[], worth: [] as Waiting[] }
  for (const [at, state] of tenants.entries()) {
    if (!mayTrain(state, rules.training)) continue
    const value = valueOfTraining(state, expectations, nowMs, rules)
    const { costMs } = value
    if (state.control === 'ordered') queues.ordered.push({ at, key: at, costMs })
    else if (isAged(state, nowMs, rules.training)) queues.aged.push({ at, key: state.enoughSinceMs ?? 0, costMs })
    else if (isWorth(value, state, rules)) queues.worth.push({ at, key: -worthPerCost(value, state, rules), costMs })
  }
  for (const queue of Object.values(queues)) queue.sort((a, b) => a.key - b.key || a.at - b.at)
  return queues
}

/** A run that pays for itself, by its plan's measure, and would not pay better later. */
export function isWorth(value: TrainingValue, state: TenantState, rules: Rules): boolean {
  return worthPerCost(value, state, rules) > rules.training.price && value.valueMs >= value.laterMs
}

/** Saved target milliseconds per millisecond of training, weighed by plan. */
function worthPerCost(
  { savedMs, probability, costMs }: TrainingValue,
  { plan }: TenantState,
  { plans }: Rules,
): number {
  return ((plans[plan] ?? 1) * savedMs * probability) / costMs
}
