import { GAIN_MIN } from '../promotion/bootstrap.ts'
import type { Rules } from '../rules.ts'
import type { LiveDraft, TenantState } from '../state.ts'
import { type Expectations, expect, learnedShare } from './gain.ts'

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
  const halfLifeMs = DAY_MS * rules.training.evidenceHalfLifeDays
  const context = { state, expectations, nowMs, halfLifeMs, rules }
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
  readonly halfLifeMs: number
  readonly rules: Rules
}

function valueAt(tokens: number, days: number, context: Context): Omit<TrainingValue, 'laterMs'> {
  const { state, expectations } = context
  const { training } = context.rules
  const gainNow = currentGain(state)
  const expected = expect(expectations, state, tokens, context)
  const gain = gainNow > 0 ? regained(state, gainNow, tokens, expected.gain) : expected.gain
  const more = Math.max(0, gain - gainNow)
  // The first run is about what the population's share says; later ones meet what a gate has measured here.
  const isFirst = gainNow === 0 && state.outcomes.length === 0
  const probability = expected.probability * (isFirst ? 1 : passChance(more))
  const savedMs = savedMsPerDay(state, gainNow, gainNow + more) * Math.max(0, days)
  const costMs = training.costMsFixed + training.costMsPerToken * tokens
  return { tokens, costMs, probability, gain, gainNow, savedMs, valueMs: savedMs * probability - costMs }
}

/** Until a candidate is judged it saves hardly anything: the requests that its stages need, as they come. */
function trialDays({ requestsPerDay }: TenantState, { promotion }: Rules): number {
  return (promotion.shadowRequests + promotion.canaryRequests) / Math.max(1e-3, requestsPerDay)
}

const DAY_MS = 24 * 3_600 * 1_000

/** What the draft that serves gives is the best witness of what another of the same traffic would, by their tokens. */
function regained({ outcomes }: TenantState, gainNow: number, tokens: number, otherwise: number): number {
  const trained = outcomes.findLast(({ promoted }) => promoted)
  return trained ? (gainNow * learnedShare(tokens)) / learnedShare(trained.tokens) : otherwise
}

/**
 * Chance that a gate is sure of a gain: its estimate errs by GATE_ERROR, and it asks for GAIN_MIN at the 95 % bound.
 * (The normal distribution by its logistic approximation.)
 */
function passChance(gain: number): number {
  const z = (gain - GAIN_MIN) / GATE_ERROR - 1.645
  return 1 / (1 + Math.exp(-1.702 * z))
}

/** Of gates with some dozen requests. */
const GATE_ERROR = 0.03

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

/**
 * Milliseconds a day that having the tenant's own draft in memory saves. One that the static draft stands in for counts a
 * little: traffic that changed may change back, and without the weights nobody would know.
 */
export function savedByDraft(state: TenantState): number {
  if (state.arm === 'static') return savedMsPerDay(state, 0, RETURN_GAIN)
  const gain = currentGain(state)
  return state.live?.place === 'hot' ? state.targetMsPerDay * gain : savedMsPerDay(state, 0, gain)
}

const RETURN_GAIN = 0.01

function hasWeights(live: LiveDraft | null): boolean {
  return live !== null && live.place !== 'nowhere' && live.place !== 'cheap-parts'
}
