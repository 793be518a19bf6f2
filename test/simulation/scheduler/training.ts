import { GAIN_MIN, REQUESTS_MIN, type Rules } from '@foretoken/policy'
import { ADAPTER_BYTES } from '@foretoken/policy/testing'
import type { Random } from '../random.ts'
import { gainAfter } from './gains.ts'
import { canaryDeviation, Evidence, heldOutOf, REQUEST_DEVIATION } from './gate.ts'
import type { SimulatedTenant } from './tenant.ts'

/** What a run costs, whoever decided on it. */
export function costOf(tenant: SimulatedTenant, { training }: Rules): number {
  return training.costMsFixed + training.costMsPerToken * Math.min(training.tokensMax, tenant.tokensUsable)
}

/** What any strategy may train: who has enough to learn from and to judge by, and nothing open. */
export function isTrainable(tenant: SimulatedTenant, { training }: Rules): boolean {
  if (tenant.runOpen || tenant.trial || !tenant.learning) return false
  return tenant.tokensUsable >= training.tokensMin && tenant.requestsUsable >= training.requestsMin
}

export function beginRun(tenant: SimulatedTenant, hour: number, nowMs: number, { training }: Rules): void {
  const { tokensPerRequest } = tenant.truth
  const tokens = Math.min(training.tokensMax, tenant.tokensUsable)
  tenant.run = { endsAt: hour + 1, tokens, requests: Math.min(tenant.requestsUsable, tokens / tokensPerRequest) }
  tenant.beginRun(nowMs)
}

/**
 * The run's end: a draft with the gain that its traffic and tokens allow, and the gate's verdict on held-out requests.
 * True where it was promoted, at once or to be tried in stages.
 */
export function endRun(tenant: SimulatedTenant, nowMs: number, staged: boolean, random: Random): boolean {
  const { run, truth, phaseTokens } = tenant
  if (!run) return false
  const gain = gainAfter(truth.traffic.gain, Math.min(run.tokens, phaseTokens))
  const heldOut = heldOutOf(run.requests, truth.tokensPerRequest)
  const [shared, current] = [new Evidence(REQUEST_DEVIATION), new Evidence(REQUEST_DEVIATION)]
  shared.add(heldOut, gain, random)
  current.add(heldOut, relative(gain, tenant.liveGain), random)
  const rivals = tenant.live ? [shared.paired, current.paired] : [shared.paired]
  const promoted = heldOut >= REQUESTS_MIN && rivals.every(({ lower }) => lower >= 1 + GAIN_MIN)
  tenant.run = null
  tenant.endRun({ atMs: nowMs, promoted, gain: shared.paired.gain - 1, tokens: run.tokens })
  if (!promoted) return false
  tenant.trialGain = gain
  if (!staged) goLive(tenant, nowMs)
  return true
}

export function goLive(tenant: SimulatedTenant, nowMs: number): void {
  if (tenant.trial) tenant.goLive(tenant.trial.version, nowMs, ADAPTER_BYTES)
  becomeLive(tenant)
}

export function becomeLive(tenant: SimulatedTenant): void {
  tenant.liveGain = tenant.trialGain
  tenant.badSteps = 0
  tenant.evidence = null
}

/** Requests of an hour judge what is on trial. */
export function judge(tenant: SimulatedTenant, requests: number, { promotion }: Rules, random: Random): void {
  const { trial } = tenant
  if (!trial) return
  if (trial.requests === 0 || !tenant.evidence) {
    const deviation = trial.stage === 'shadow' ? REQUEST_DEVIATION : canaryDeviation(promotion.canaryShare)
    tenant.evidence = { shared: new Evidence(deviation), current: tenant.live ? new Evidence(deviation) : null }
  }
  const { shared, current } = tenant.evidence
  shared.add(requests, tenant.trialGain, random)
  current?.add(requests, relative(tenant.trialGain, tenant.liveGain), random)
  const over = { 'the static draft': shared.paired, ...(current && { 'the current adapter': current.paired }) }
  tenant.trial = { ...trial, requests: shared.requests, over }
}

function relative(gain: number, rival: number): number {
  return (1 + gain) / (1 + rival) - 1
}
