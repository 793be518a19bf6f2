import { type Decision, percentText } from '../decision.ts'
import type { Rules } from '../rules.ts'
import type { MovingAverages, TenantState } from '../state.ts'

/**
 * Whether a tenant's own draft still serves it. A fall that the sequential test and both averages see is drift: what was
 * learned before it is of little use to the next run. Where the draft has fallen below the static one, that one serves
 * instead (a young draft is rolled back to its predecessor), until the measured acceptance says otherwise. Null where
 * there is no draft to judge.
 */
export function decideRoute(state: TenantState, nowMs: number, rules: Rules): Decision | null {
  const { live, static: shared, adaptive } = state
  if (!live) return null
  const verdict = verdictOf(state, nowMs, rules)
  const ahead = shared.fast > 0 ? adaptive.fast / shared.fast - 1 : 0
  const savedMs = state.targetMsPerDay * ahead
  const serves = verdict.kind === 'route-static' || (verdict.kind === 'keep-route' && state.arm === 'static')
  return {
    tenant: state.tenant,
    kind: verdict.kind,
    changes: verdict.kind !== 'keep-route',
    value: serves ? 0 : savedMs,
    inputs: {
      adaptiveFast: adaptive.fast,
      adaptiveSlow: adaptive.slow,
      adaptiveSteps: adaptive.count,
      staticFast: shared.fast,
      staticSteps: shared.count,
      cusum: state.cusum,
      threshold: rules.drift.threshold,
    },
    alternatives: [serves ? { kind: 'route-adaptive', value: savedMs } : { kind: 'route-static', value: 0 }],
    reason: verdict.reason,
  }
}

interface Verdict {
  readonly kind: 'keep-route' | 'route-static' | 'route-adaptive' | 'rollback' | 'mark-drift'
  readonly reason: string
}

function verdictOf(state: TenantState, nowMs: number, rules: Rules): Verdict {
  const { live, static: shared, adaptive } = state
  const { stepsMin, threshold } = rules.drift
  const figures = `${adaptive.fast.toFixed(2)} tokens a step against ${shared.fast.toFixed(2)} of the static draft`
  if (Math.min(adaptive.count, shared.count) < stepsMin) {
    return { kind: 'keep-route', reason: 'Too few steps to compare its draft with the static one.' }
  }
  const margin = SURE * errorOf(state, rules)
  if (state.arm === 'static') {
    const isBack = adaptive.fast > shared.fast + margin
    if (isBack) return { kind: 'route-adaptive', reason: `Its own draft is ahead again: ${figures}.` }
    return { kind: 'keep-route', reason: `The static draft goes on serving it: ${figures}.` }
  }
  if (adaptive.fast < shared.fast - margin) {
    const isYoung = nowMs - (live?.sinceMs ?? 0) < rules.promotion.rollbackWindowMs
    if (isYoung && live?.previousStored) {
      return { kind: 'rollback', reason: `Version ${live.version} is new and behind: ${figures}.` }
    }
    return { kind: 'route-static', reason: `Its draft has fallen behind: ${figures}.` }
  }
  if (state.cusum > threshold && adaptive.fast < adaptive.slow) {
    const fall = percentText(1 - adaptive.fast / adaptive.slow)
    return {
      kind: 'mark-drift',
      reason: `Its traffic has changed: ${fall} fewer tokens a step than usual, ${figures}.`,
    }
  }
  return { kind: 'keep-route', reason: `Its own draft is no worse: ${figures}.` }
}

const SURE = 2

/** Standard error of the difference between the two fast averages. */
function errorOf({ static: shared, adaptive }: TenantState, { drift }: Rules): number {
  const stepsOf = ({ count }: MovingAverages) =>
    Math.max(1, Math.min(count, STEPS_PER_HALF_LIFE * drift.fastHalfLifeSteps))
  return drift.deviationTokens * Math.sqrt(1 / stepsOf(shared) + 1 / stepsOf(adaptive))
}

/** An exponential average of half-life h is as exact as a plain mean of 2 h ÷ ln 2 steps. */
const STEPS_PER_HALF_LIFE = 2 / Math.LN2
