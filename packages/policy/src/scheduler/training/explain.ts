import { type Decision, percentText, timeText } from '../decision.ts'
import type { Rules } from '../rules.ts'
import type { TenantState } from '../state.ts'
import { isWorth, type RunChoice, type TrainingGround } from './choose-runs.ts'
import { mayTrain } from './due.ts'
import { type TrainingValue, valueOfTraining } from './value.ts'

/** Why this tenant is trained in this round, or isn't. */
export function explainTraining(
  state: TenantState,
  at: number,
  choice: RunChoice,
  nowMs: number,
  rules: Rules,
): Decision {
  const value = valueOfTraining(state, choice.expectations, nowMs, rules)
  const ground = choice.grounds.get(at)
  const laterMs = Math.max(0, value.laterMs)
  const { tokens, costMs, probability, gain, gainNow, savedMs, valueMs } = value
  return {
    tenant: state.tenant,
    kind: ground ? 'train' : 'wait',
    changes: ground !== undefined,
    value: ground ? valueMs : laterMs,
    inputs: {
      tokens,
      tokensNew: state.tokensNew,
      targetMsPerDay: state.targetMsPerDay,
      gainExpected: gain,
      gainNow,
      savedMs,
      probability,
      costMs,
      availableMs: choice.availableMs,
    },
    alternatives: [ground ? { kind: 'wait', value: laterMs } : { kind: 'train', value: valueMs }],
    reason: ground ? reasonToTrain(ground, value, state, rules) : reasonToWait(value, state, rules),
  }
}

function reasonToTrain(ground: TrainingGround, value: TrainingValue, state: TenantState, rules: Rules): string {
  if (ground === 'ordered') return `An operator ordered a run; it costs about ${timeText(value.costMs)}.`
  if (ground === 'rollout') {
    return `Its target has new weights: the draft of the earlier ones is judged on ${state.tokensNew} tokens of them.`
  }
  if (ground === 'aged') {
    return `${state.tokensNew} new tokens have waited for ${rules.training.agedRounds} rounds, so it is trained whatever that is worth.`
  }
  return `${estimate(value, rules)}, which is more than the ${timeText(value.costMs)} that a run costs.`
}

function reasonToWait(value: TrainingValue, state: TenantState, rules: Rules): string {
  if (!state.learning) return 'It opted out of learning.'
  if (state.control === 'held') return 'An operator holds it.'
  if (state.runOpen) return 'A run is under way.'
  if (state.trial) return `Version ${state.trial.version} is on trial.`
  if (state.tokensUsable < rules.training.tokensMin) {
    return `${state.tokensUsable} trace tokens so far; ${rules.training.tokensMin} are needed.`
  }
  if (state.requestsUsable < rules.training.requestsMin) {
    return `${state.requestsUsable} requests so far; ${rules.training.requestsMin} are needed to learn from some and judge by others.`
  }
  if (state.control === 'ordered') return 'An operator ordered a run, and the budget has no room for it yet.'
  if (!mayTrain(state, rules.training)) return `Only ${state.tokensNew} new tokens since the last run.`
  if (state.control === 'rollout') return 'Its target has new weights, and the budget has no room for a judgement yet.'
  if (isWorth(value, state, rules)) return `${estimate(value, rules)}, but others save more for the budget there is.`
  if (value.laterMs > value.valueMs && value.laterMs > 0)
    return `${estimate(value, rules)}; with more tokens it saves more.`
  return `${estimate(value, rules)}, which does not pay for the ${timeText(value.costMs)} that a run costs.`
}

function estimate({ probability, gain, gainNow, savedMs }: TrainingValue, { training }: Rules): string {
  const instead = gainNow > 0 ? ` instead of ${percentText(gainNow)}` : ''
  return `A run gives ${percentText(Math.max(0, gain))} more goodput${instead} with a chance of ${percentText(probability)}, so ${timeText(savedMs * probability)} of target time in ${training.horizonDays} days`
}
