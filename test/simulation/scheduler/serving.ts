import type { Rules } from '@foretoken/policy'
import type { Random } from '../random.ts'
import { STEP_DEVIATION } from './gains.ts'
import type { SimulatedTenant } from './tenant.ts'
import { MS_PER_TOKEN } from './world.ts'

export interface Served {
  readonly targetMs: number
  /** Against the static draft alone; below zero where a draft of other traffic served. */
  readonly savedMs: number
}

/** While one arm serves, the other drafts for so many of the steps: what is not tried is not known. */
const EXPLORED = 0.05
/** A worker takes a draft out that compares badly for so long (PairedComparison finds it within some 2,000 steps). */
const BAD_STEPS_MAX = 2_000

/** One tenant's hour: what its requests took, and what acceptance they showed. */
export function serve(tenant: SimulatedTenant, requests: number, rules: Rules, random: Random | null): Served {
  const { truth } = tenant
  const tokens = requests * truth.tokensPerRequest
  const staticMs = tokens * MS_PER_TOKEN
  const adaptive = tenant.live && tenant.arm === 'adaptive' ? tenant.hotShare : 0
  const canary = tenant.trial?.stage === 'canary' ? rules.promotion.canaryShare : 0
  const savedMs = staticMs * ((1 - canary) * adaptive * saved(tenant.liveGain) + canary * saved(tenant.trialGain))
  tenant.phaseTokens += tokens
  if (requests > 0) {
    const steps = tokens / truth.traffic.staticTokens
    const share = tenant.live && tenant.hotShare > 0 ? (tenant.arm === 'adaptive' ? 1 - EXPLORED : EXPLORED) : 0
    if (random) observe(tenant, steps, share, rules, random)
    guard(tenant, steps * share)
  }
  return { targetMs: staticMs - savedMs, savedMs }
}

/** Part of the static draft's time. */
function saved(gain: number): number {
  return 1 - 1 / (1 + gain)
}

function observe(tenant: SimulatedTenant, steps: number, share: number, rules: Rules, random: Random): void {
  const { staticTokens } = tenant.truth.traffic
  const own = Math.round(steps * share)
  const others = Math.round(steps) - own
  if (others > 0) tenant.observeArm('static', { mean: noisy(staticTokens, others, random), count: others }, rules)
  if (own === 0) return
  tenant.observeArm('adaptive', { mean: noisy(staticTokens * (1 + tenant.liveGain), own, random), count: own }, rules)
}

function noisy(mean: number, steps: number, random: Random): number {
  return mean + (STEP_DEVIATION * random.gaussian()) / Math.sqrt(steps)
}

function guard(tenant: SimulatedTenant, ownSteps: number): void {
  if (!tenant.live || tenant.liveGain >= 0) {
    tenant.badSteps = 0
    return
  }
  tenant.badSteps += ownSteps
  if (tenant.badSteps < BAD_STEPS_MAX) return
  tenant.lose()
  tenant.markDrift()
}
