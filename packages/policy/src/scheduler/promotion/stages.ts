import { type Decision, percentText } from '../decision.ts'
import type { PromotionRules } from '../rules.ts'
import type { TenantState, Trial } from '../state.ts'
import { gate } from './bootstrap.ts'
import { neededOf } from './evidence.ts'

/**
 * What becomes of a candidate: shadow (drafts beside, judged on what is committed) → canary (a share of steps) → live.
 * Each gate asks for better goodput than every rival, surely, by paired bootstrap over requests. One that is worse than a
 * rival goes at once, and one that can't be told from it goes when patience ends. Null where nothing is on trial.
 */
export function decideTrial(state: TenantState, nowMs: number, rules: PromotionRules): Decision | null {
  const { trial } = state
  if (!trial) return null
  const needed = neededOf(trial.stage, rules)
  const verdict = verdictOf(trial, needed, nowMs, rules)
  const gains = Object.values(trial.over).map(({ gain }) => gain - 1)
  const worth = gains.length > 0 ? Math.min(...gains) * state.targetMsPerDay : 0
  const inputs = Object.entries(trial.over).flatMap(([rival, { gain, lower }]) => [
    [`gain over ${rival}`, gain - 1] as const,
    [`lower bound over ${rival}`, lower - 1] as const,
  ])
  return {
    tenant: state.tenant,
    kind: verdict.kind,
    changes: verdict.kind !== 'watch',
    value: verdict.kind === 'reject' ? 0 : worth,
    inputs: { version: trial.version, requests: trial.requests, needed, ...Object.fromEntries(inputs) },
    alternatives: verdict.kind === 'reject' ? [{ kind: 'promote', value: worth }] : [{ kind: 'reject', value: 0 }],
    reason: verdict.reason,
  }
}

/** The stage after this one. */
export function nextStage(trial: Trial): 'canary' | 'live' {
  return trial.stage === 'shadow' ? 'canary' : 'live'
}

interface Verdict {
  readonly kind: 'promote' | 'reject' | 'watch'
  readonly reason: string
}

function verdictOf(trial: Trial, needed: number, nowMs: number, rules: PromotionRules): Verdict {
  const { stage, over, requests } = trial
  const worse = Object.entries(over).find(([, { gain }]) => gain < 1 - WORSE)
  if (worse && requests >= needed / 2) {
    const [rival, { gain }] = worse
    return {
      kind: 'reject',
      reason: `${percentText(1 - gain)} slower than ${rival} on ${requests} requests as ${stage}.`,
    }
  }
  if (requests >= needed) {
    const { pass, reason } = gate(over, requests, { gainMin: rules.gainMin, witnesses: 'requests' })
    if (pass) return { kind: 'promote', reason: `From ${stage} to ${nextStage(trial)}. ${reason}` }
    if (requests >= rules.patience * needed) return { kind: 'reject', reason: `As ${stage}: ${reason}` }
    return { kind: 'watch', reason: `Still ${stage}. ${reason}` }
  }
  if (nowMs - trial.sinceMs >= rules.trialMsMax) {
    return { kind: 'reject', reason: `Only ${requests} of ${needed} requests came to judge it by as ${stage}.` }
  }
  return { kind: 'watch', reason: `${requests} of ${needed} requests so far to judge it by as ${stage}.` }
}

/** Slower than a rival by so much, a candidate is not given the chance to be lucky. */
const WORSE = 0.1
