import type { TrainingRules } from '../rules.ts'
import type { TenantState } from '../state.ts'

/** Whether a run may be started at all. An order asks for no worth, but learning that was refused stays refused. */
export function mayTrain(state: TenantState, rules: TrainingRules): boolean {
  if (!state.learning || state.control === 'held' || state.runOpen || state.trial) return false
  if (state.tokensUsable < rules.tokensMin || state.requestsUsable < rules.requestsMin) return false
  // The same traces again would be judged by the same witnesses.
  return state.control === 'ordered' || state.tokensNew >= rules.tokensMin
}

/**
 * So much new traffic that the tenant is due whatever a run is worth: the estimate may be wrong, and nobody would ever
 * notice without a try. Each rejection in a row doubles what is asked for, three times at most. The caller keeps since
 * when it is so, in `enoughSinceMs`.
 */
export function hasEnough(state: TenantState, rules: TrainingRules): boolean {
  return mayTrain(state, rules) && state.tokensNew >= rules.enoughTokens * 2 ** Math.min(3, rejectedInRow(state))
}

function rejectedInRow({ outcomes }: TenantState): number {
  return outcomes.length - 1 - outcomes.findLastIndex(({ promoted }) => promoted)
}

/** It has been due for so many rounds that it goes before others. */
export function isAged(state: TenantState, nowMs: number, rules: TrainingRules): boolean {
  if (state.enoughSinceMs === null || !hasEnough(state, rules)) return false
  return nowMs - state.enoughSinceMs >= rules.agedRounds * rules.roundMs
}
