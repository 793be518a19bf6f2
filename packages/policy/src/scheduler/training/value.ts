import type { Rules } from '../rules.ts'
import type { LiveDraft, Outcome, TenantState } from '../state.ts'
import { type Expectations, expect } from './gain.ts'

export interface TrainingValue {
  readonly tokens: number
  readonly costMs: number
  readonly probability: number
  /** Goodput over the static draft that a new draft would have, and that what serves now has. */
  readonly gain: number
  readonly gainNow: number
  /** Target time that it saves within the horizon if it succeeds. */
  readonly savedMs: number
  /** savedMs × probability − costMs */
  readonly valueMs: number
  /** The same of a run that waits for more tokens, for a day at most. */
  readonly laterMs: number
}

/**
 * Value of training = expected traffic × saved target-milliseconds × probability of success − cost of training.
 *
 * What is saved is counted against what serves now: a tenant whose draft is as good as it can be gains nothing from
 * another, however much it asks. So drafts of steady traffic are left alone, which a count of tokens can't do.
 */
export function valueOfTraining(
  state: TenantState,
  expectations: Expectations,
  nowMs: number,
  rules: Rules,
): TrainingValue {
  const { tokensMax, horizonDays } = rules.training
  const context = { state, expectations, nowMs, rules }
  const tokens = Math.min(tokensMax, state.tokensUsable)
  const days = horizonDays - trialDays(state, rules)
  const now = valueAt(tokens, days, context)
  const missing = tokensMax - tokens
  if (missing <= 0 || state.tokensPerDay <= 0) return { ...now, laterMs: Number.NEGATIVE_INFINITY }
  const wait = Math.min(1, missing / state.tokensPerDay)
  const later = valueAt(tokens + wait * state.tokensPerDay, days - wait, context)
  return { ...now, laterMs: later.valueMs }
}

interface Context {
  readonly state: TenantState
  readonly expectations: Expectations
  readonly nowMs: number
  readonly rules: Rules
}

function valueAt(tokens: number, days: number, context: Context): Omit<TrainingValue, 'laterMs'> {
  const { state, expectations, nowMs } = context
  const { training } = context.rules
  const weight = ({ atMs }: Outcome) => 2 ** ((atMs - nowMs) / DAY_MS / training.evidenceHalfLifeDays)
  const { gain, probability: success } = expect(expectations, state, tokens, weight)
  const gainNow = currentGain(state)
  const more = Math.max(0, gain - gainNow)
  // A first draft only has to beat the static one, which is what the population's share is about.
  const probability = gainNow > 0 ? (success * more) / (more + GATE_NOISE) : success
  const savedMs = savedMsPerDay(state, gainNow, gainNow + more) * Math.max(0, days)
  const costMs = training.costMsFixed + training.costMsPerToken * tokens
  return { tokens, costMs, probability, gain, gainNow, savedMs, valueMs: savedMs * probability - costMs }
}

/** Until a candidate is judged it saves hardly anything: the requests that its stages need, as they come. */
function trialDays({ requestsPerDay }: TenantState, { promotion }: Rules): number {
  return (promotion.shadowRequests + promotion.canaryRequests) / Math.max(1e-3, requestsPerDay)
}

const DAY_MS = 24 * 3_600 * 1_000

/** Gain over the current draft that a gate of some dozen requests passes half of the time. */
const GATE_NOISE = 0.03

/** Target time that better goodput saves a day; both gains are over the static draft. */
function savedMsPerDay({ targetMsPerDay }: TenantState, gainNow: number, gainThen: number): number {
  return targetMsPerDay * (1 - (1 + gainNow) / (1 + gainThen))
}

/** What its own draft gives the tenant now: what serving measured, and while that is little, what the gate saw. */
export function currentGain(state: TenantState): number {
  if (!hasWeights(state.live) || state.arm === 'static') return 0
  const seen = state.outcomes.findLast(({ promoted }) => promoted)?.gain ?? 0
  const steps = Math.min(state.static.count, state.adaptive.count)
  if (steps === 0 || state.static.slow === 0) return Math.max(0, seen)
  const measured = state.adaptive.slow / state.static.slow - 1
  return Math.max(0, (STEPS_TRUSTED * seen + steps * measured) / (STEPS_TRUSTED + steps))
}

const STEPS_TRUSTED = 500

/** Milliseconds a day that having the tenant's own draft in memory saves. */
export function savedByDraft(state: TenantState): number {
  const gain = currentGain(state)
  return state.live?.place === 'hot' ? state.targetMsPerDay * gain : savedMsPerDay(state, 0, gain)
}

function hasWeights(live: LiveDraft | null): boolean {
  return live !== null && live.place !== 'nowhere' && live.place !== 'cheap-parts'
}
