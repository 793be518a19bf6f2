import type { SimulatedTenant } from '../tenant.ts'
import { isTrainable } from '../training.ts'
import type { Moment, Strategy } from './strategy.ts'

const DAY_MS = 24 * 3_600_000
/** As the trainer does it today. */
const TOKENS_NEW_MIN = 4_000

/** Without economics: promoted at once, the latest used in memory, and each in its turn. */
function baseline(name: string, queue: (moment: Moment) => readonly SimulatedTenant[]): Strategy {
  const decide = (moment: Moment) => {
    for (const tenant of queue(moment)) if (!moment.train(tenant)) break
  }
  return { name, staged: false, observes: false, memory: 'lru', decide }
}

/** So many new tokens start a run; who had them first goes first. */
export function tokenCount(): Strategy {
  const since = new Map<SimulatedTenant, number>()
  return baseline('4,000 new tokens', ({ tenants, rules, nowMs }) => {
    const due = tenants.filter((each) => isTrainable(each, rules) && each.tokensNew >= TOKENS_NEW_MIN)
    for (const tenant of due) {
      const trainedMs = tenant.lastTrainedMs ?? -1
      if ((since.get(tenant) ?? -1) <= trainedMs) since.set(tenant, nowMs)
    }
    return due.sort((a, b) => (since.get(a) ?? 0) - (since.get(b) ?? 0) || a.index - b.index)
  })
}

/** Everybody every day; who waited longest goes first. */
export function fixedTimer(): Strategy {
  return baseline('everybody every day', ({ tenants, rules, nowMs }) => {
    const due = tenants.filter((each) => isTrainable(each, rules) && nowMs - (each.lastTrainedMs ?? -DAY_MS) >= DAY_MS)
    return due.sort((a, b) => (a.lastTrainedMs ?? -1) - (b.lastTrainedMs ?? -1) || a.index - b.index)
  })
}

/** One after another, and from the start again. */
export function roundRobin(): Strategy {
  let last = -1
  const decide = (moment: Moment) => {
    const { tenants, rules } = moment
    const start = tenants.findIndex(({ index }) => index > last)
    const turned = start < 0 ? tenants : [...tenants.slice(start), ...tenants.slice(0, start)]
    for (const tenant of turned) {
      if (!isTrainable(tenant, rules) || tenant.tokensNew < rules.training.tokensMin) continue
      if (!moment.train(tenant)) break
      last = tenant.index
    }
  }
  return { name: 'round robin', staged: false, observes: false, memory: 'lru', decide }
}

/** The most new traffic first: simple, and hard to beat where all gain alike. */
export function busiestFirst(): Strategy {
  return baseline('busiest first', ({ tenants, rules }) => {
    const due = tenants.filter((each) => isTrainable(each, rules) && each.tokensNew >= TOKENS_NEW_MIN)
    return due.sort((a, b) => b.tokensNew - a.tokensNew || a.index - b.index)
  })
}
