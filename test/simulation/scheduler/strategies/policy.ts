import { type Decision, decideRound } from '@foretoken/policy'
import type { SimulatedTenant } from '../tenant.ts'
import { becomeLive } from '../training.ts'
import type { Moment, PolicyLog, Strategy } from './strategy.ts'

/** The real policy, and a shell that does what it says. */
export function policy(name = 'policy', memory: Strategy['memory'] = 'placed', staged = true): Strategy {
  const log: PolicyLog = { decisions: new Map(), roundMs: [] }
  const decide = (moment: Moment) => {
    const { tenants, budget, nowMs, rules } = moment
    const startedMs = performance.now()
    const changes = [...decideRound({ tenants, budget }, nowMs, rules).changes]
    log.roundMs.push(performance.now() - startedMs)
    const byName = new Map(tenants.map((each) => [each.tenant, each]))
    for (const decision of changes) {
      const tenant = byName.get(decision.tenant)
      if (!tenant) continue
      log.decisions.set(decision.kind, (log.decisions.get(decision.kind) ?? 0) + 1)
      act(tenant, decision, moment)
    }
  }
  return { name, staged, observes: true, memory, decide, log }
}

function act(tenant: SimulatedTenant, decision: Decision, moment: Moment): void {
  if (decision.kind === 'train') {
    if (!moment.train(tenant)) throw new Error(`The policy planned beyond its budget: ${decision.reason}`)
    return
  }
  const became = tenant.apply(decision, moment.nowMs)
  if (became === 'live') becomeLive(tenant)
  if (became === 'gone') tenant.lose()
}
