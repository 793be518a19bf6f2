import type { Trace } from '@foretoken/engine'
import type { PeerRequest } from './contender.ts'
import type { PeerSettings } from './settings.ts'

export interface RequestPlan {
  /** Served one at a time, tenants taking turns; the first `warmUp` are not counted. */
  readonly singly: readonly PeerRequest[]
  readonly warmUp: number
  /** Served several at once, a round at a time, mixed tenants; the first round is not counted. */
  readonly rounds: readonly (readonly PeerRequest[])[]
}

/** Deals the held-out requests of all tenants out, none of them twice but the warming ones, which start both parts. */
export function planRequests(
  heldOut: ReadonlyMap<string, readonly Pick<Trace, 'prompt'>[]>,
  { rounds, requestsPerRound, learning: { warmUp, measured } }: PeerSettings,
): RequestPlan {
  const requests = interleaved(
    [...heldOut].map(([domain, traces]) => traces.map(({ prompt }) => ({ domain, prompt: [...prompt] }))),
  )
  const [warming, counted] = [warmUp * heldOut.size, (warmUp + measured) * heldOut.size]
  const together = requests.slice(counted, counted + rounds * requestsPerRound)
  const byRound = Array.from({ length: rounds }, (_, round) =>
    together.slice(round * requestsPerRound, (round + 1) * requestsPerRound),
  )
  const first = requests.slice(0, warming)
  return { singly: requests.slice(0, counted), warmUp: warming, rounds: [first, ...byRound] }
}

function interleaved<Item>(lists: readonly (readonly Item[])[]): Item[] {
  const longest = Math.max(...lists.map(({ length }) => length))
  return Array.from({ length: longest }, (_, at) => lists.flatMap((list) => list[at] ?? [])).flat()
}
