import type { Rules } from '../rules.ts'
import type { SchedulerState, TenantState } from '../state.ts'
import { isAged, mayTrain } from './due.ts'
import { type Expectations, expectationsOf } from './gain.ts'
import { type TrainingValue, valueOfTraining } from './value.ts'

/** Why a tenant is trained. */
export type TrainingGround = 'ordered' | 'rollout' | 'aged' | 'worth'

export interface RunChoice {
  readonly expectations: Expectations
  /** By the tenant's place in the state. */
  readonly grounds: ReadonlyMap<number, TrainingGround>
  /** What is left of the budget for this round before and after. */
  readonly availableMs: number
  readonly leftMs: number
}

/**
 * Which tenants are trained now, within what the budget has for this round: ordered ones first, then rollouts, which
 * are short, then by worth, the most saved milliseconds per millisecond of training first (Dantzig's greedy rule for
 * the knapsack: runs are small beside the budget). The first part of each period belongs to aged tenants before others,
 * the longest waiting first.
 *
 * No starvation: that part is agedShare of the budget, and enough for one run at least. So an aged tenant is trained
 * after those that aged before it, within agedRounds and one period for each such part that they fill.
 */
export function chooseRuns(state: SchedulerState, nowMs: number, rules: Rules): RunChoice {
  const expectations = expectationsOf(state.tenants)
  const queues = queuesOf(state, expectations, nowMs, rules)
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
  // What does not fit yet is saved up for, not overtaken: otherwise cheaper runs would overtake it for ever.
  const agedMs = agedShare(rules) * rules.training.budgetMs
  const first = take(queues.ordered, 'ordered', ALL) && take(queues.rollout, 'rollout', ALL)
  if (first && take(queues.aged, 'aged', agedMs)) take(queues.worth, 'worth', ALL)
  return { expectations, grounds, availableMs, leftMs }
}

/** A period's budget becomes available evenly; what a round leaves stays for the next one of the period. */
function availableBudget({ budget }: SchedulerState, nowMs: number, { training }: Rules): number {
  const elapsed = Math.min(1, (nowMs - budget.periodStartMs + training.roundMs) / training.periodMs)
  return Math.max(0, training.budgetMs * elapsed - budget.spentMs)
}

/** Within the first part of a period. */
function isForAged({ budget }: SchedulerState, nowMs: number, rules: Rules): boolean {
  return nowMs - budget.periodStartMs <= agedShare(rules) * rules.training.periodMs
}

/** Of each period's budget; enough for a run. */
function agedShare({ training }: Rules): number {
  const runMs = training.costMsFixed + training.costMsPerToken * training.tokensMax
  return Math.max(training.agedShare, runMs / training.budgetMs)
}

const ALL = Number.POSITIVE_INFINITY

interface Waiting {
  readonly at: number
  /** The smallest goes first; of equals, the first in the state. */
  readonly key: number
  readonly costMs: number
}

function queuesOf(state: SchedulerState, expectations: Expectations, nowMs: number, rules: Rules) {
  const forAged = isForAged(state, nowMs, rules)
  const queues = { ordered: [] as Waiting[], rollout: [] as Waiting[], aged: [] as Waiting[], worth: [] as Waiting[] }
  for (const [at, tenant] of state.tenants.entries()) {
    if (!mayTrain(tenant, rules.training)) continue
    const value = valueOfTraining(tenant, expectations, nowMs, rules)
    const { costMs } = value
    if (tenant.control === 'ordered') queues.ordered.push({ at, key: at, costMs })
    else if (tenant.control === 'rollout') queues.rollout.push({ at, key: at, costMs })
    else if (forAged && isAged(tenant, nowMs, rules.training))
      queues.aged.push({ at, key: tenant.enoughSinceMs ?? 0, costMs })
    else if (isWorth(value, tenant, rules)) queues.worth.push({ at, key: -worthPerCost(value, tenant, rules), costMs })
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
