import { GAIN_MIN, REQUESTS_MIN, type Rules } from '@foretoken/policy'
import { gainAfter } from '../gains.ts'
import { heldOutOf, REQUEST_DEVIATION } from '../gate.ts'
import type { SimulatedTenant } from '../tenant.ts'
import { costOf, isTrainable } from '../training.ts'
import { MS_PER_TOKEN } from '../world.ts'
import type { Moment, Strategy } from './strategy.ts'

/**
 * Knows what nobody can: each tenant's true gain, when its traffic will change, when it leaves, and that a draft is good
 * without trying it. It takes the most saved time per training time first, and waits for more tokens where that saves
 * more. Greedy, so not the best there could be; what it does not know is how a gate's luck falls.
 */
export function oracle(): Strategy {
  const decide = (moment: Moment) => {
    const ranked: { tenant: SimulatedTenant; worth: number }[] = []
    for (const tenant of moment.tenants) {
      const worth = worthOf(tenant, moment)
      if (worth > moment.rules.training.price) ranked.push({ tenant, worth })
    }
    ranked.sort((a, b) => b.worth - a.worth)
    for (const { tenant } of ranked) if (!moment.train(tenant)) break
    place(moment)
  }
  return { name: 'oracle', staged: false, observes: false, memory: 'placed', decide }
}

/** Saved ÷ training time; 0 where a run had better wait. */
function worthOf(tenant: SimulatedTenant, { hour, world, rules }: Moment): number {
  if (!isTrainable(tenant, rules) || tenant.tokensNew < rules.training.tokensMin) return 0
  const { truth, phaseTokens } = tenant
  const end = Math.min(truth.driftsAt, truth.leavesAt, 24 * world.settings.days)
  const days = Math.max(0, (end - hour - 1) / 24)
  const tokensPerDay = truth.requestsPerDay * truth.tokensPerRequest
  const tokens = Math.min(phaseTokens, tenant.tokensUsable, rules.training.tokensMax)
  const now = savedMs(tenant, tokens, days, rules)
  const wait = Math.min(1, days, (rules.training.tokensMax - tokens) / Math.max(1, tokensPerDay))
  const later = savedMs(tenant, tokens + wait * tokensPerDay, days - wait, rules)
  const costMs = costOf(tenant, rules)
  const laterCostMs = rules.training.costMsFixed + rules.training.costMsPerToken * (tokens + wait * tokensPerDay)
  return wait > 0 && later - laterCostMs > now - costMs ? 0 : now / costMs
}

function savedMs(tenant: SimulatedTenant, tokens: number, days: number, { training }: Rules): number {
  const { truth, liveGain } = tenant
  const gain = gainAfter(truth.traffic.gain, Math.min(tokens, training.tokensMax))
  const requests = Math.min(tokens, training.tokensMax) / truth.tokensPerRequest
  const heldOut = heldOutOf(requests, truth.tokensPerRequest)
  if (heldOut < REQUESTS_MIN) return 0
  const rival = Math.max(0, liveGain)
  const error = REQUEST_DEVIATION / Math.sqrt(heldOut)
  const chance = normal(((1 + gain) / (1 + rival) - 1 - GAIN_MIN) / error - 1.645)
  const msPerDay = truth.requestsPerDay * truth.tokensPerRequest * MS_PER_TOKEN
  return chance * msPerDay * days * (1 / (1 + rival) - 1 / (1 + gain))
}

/** Normal distribution function, by its logistic approximation (error below 0.01). */
function normal(z: number): number {
  return 1 / (1 + Math.exp(-1.702 * z))
}

/** What saves most is in memory. */
function place({ tenants, rules }: Moment): void {
  const saves = ({ truth, liveGain }: SimulatedTenant) => truth.requestsPerDay * truth.tokensPerRequest * liveGain
  const drafts = tenants.filter(({ live }) => live !== null).sort((a, b) => saves(b) - saves(a))
  let left = rules.memory.hotBytesMax
  for (const tenant of drafts) {
    if (!tenant.live) continue
    left -= tenant.live.bytes
    tenant.live = { ...tenant.live, place: left >= 0 && tenant.liveGain > 0 ? 'hot' : 'store' }
  }
}
