import { type Candidate, chooseWorker } from '@foretoken/policy'
import type { Random } from '../random.ts'

export type Router = <Worker extends Candidate>(candidates: readonly Worker[], tenant: string) => Worker | null

export const ROUTERS = ['policy', 'bounded hashing', 'plain hashing', 'least loaded', 'random'] as const
export type RouterName = (typeof ROUTERS)[number]

/** The policy, and what else a gateway could do. */
export function routerOf(name: RouterName, random: Random): Router {
  switch (name) {
    case 'policy':
      return chooseWorker
    case 'bounded hashing': // knows no worker's memory
      return (candidates, tenant) => {
        const chosen = chooseWorker(
          candidates.map((each) => ({ ...each, hot: false })),
          tenant,
        )
        return candidates.find(({ id }) => id === chosen?.id) ?? null
      }
    case 'plain hashing': // knows no load either
      return (candidates, tenant) => {
        const chosen = chooseWorker(
          candidates.map((each) => ({ ...each, hot: false, load: 0 })),
          tenant,
        )
        return candidates.find(({ id }) => id === chosen?.id) ?? null
      }
    case 'least loaded':
      return (candidates) => {
        const [first, ...others] = candidates
        return first ? others.reduce((least, each) => (each.load < least.load ? each : least), first) : null
      }
    case 'random':
      return (candidates) => candidates[Math.floor(random.uniform() * candidates.length)] ?? null
  }
}
