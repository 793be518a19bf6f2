import { quantile } from '../../benchmarks/statistics.ts'
import { type Random, seeded } from '../random.ts'
import { Zipf } from '../zipf.ts'
import { SimulatedWorker } from './cluster.ts'
import { type RouterName, routerOf } from './routers.ts'

export interface RoutingWorld {
  readonly seed: number
  readonly workers: number
  readonly sequences: number
  readonly tenants: number
  readonly requests: number
  /** Of all workers' slots, as if every request found its tenant hot. */
  readonly utilisation: number
  readonly serviceMs: number
  /** More that a request takes where its tenant is not hot: its prompt is prefilled whole, static drafts alone. */
  readonly coldMs: number
  /** Tenants that a worker has in memory at most; who asked longest ago leaves. */
  readonly tenantsHotMax: number
}

export interface RoutingResult {
  readonly router: RouterName
  readonly coldShare: number
  readonly latencyP50Ms: number
  readonly latencyP99Ms: number
  /** Requests of the busiest worker ÷ those of the average one. */
  readonly balance: number
}

/**
 * The same seeded requests (Poisson arrivals, tenants by Zipf's law, lognormal service times) through one router. Each
 * quarter of the time a worker restarts and has forgotten everybody.
 */
export function simulateRouting(world: RoutingWorld, router: RouterName): RoutingResult {
  const random = seeded(world.seed)
  const choose = routerOf(router, seeded(world.seed + 1))
  const workers = Array.from(
    { length: world.workers },
    (_, at) => new SimulatedWorker(`wrk_${at}`, world.sequences, world.tenantsHotMax),
  )
  const latencies: number[] = []
  const restartEvery = Math.ceil(world.requests / 4)
  let [cold, restarts] = [0, 0]
  for (const { at, tenant, nowMs, serviceMs } of requestsOf(world, random)) {
    if (at % restartEvery === restartEvery - 1) workers[restarts++ % workers.length]?.restart()
    const candidates = workers.map((worker) => worker.candidate(tenant, nowMs))
    const chosen = choose(candidates, tenant)
    if (!chosen) throw new Error('A cluster without workers serves nobody.')
    const { endMs, hot } = chosen.worker.serve(tenant, nowMs, serviceMs, world.coldMs)
    latencies.push(endMs - nowMs)
    if (!hot) cold++
  }
  const served = workers.map((worker) => worker.served)
  return {
    router,
    coldShare: cold / world.requests,
    latencyP50Ms: quantile(latencies, 0.5),
    latencyP99Ms: quantile(latencies, 0.99),
    balance: (Math.max(...served) * workers.length) / world.requests,
  }
}

function* requestsOf(world: RoutingWorld, random: Random) {
  const zipf = new Zipf(world.tenants)
  const gapMs = world.serviceMs / (world.utilisation * world.workers * world.sequences)
  let nowMs = 0
  for (let at = 0; at < world.requests; at++) {
    nowMs += random.exponential(gapMs)
    const serviceMs = world.serviceMs * random.lognormal(0.6)
    yield { at, tenant: `ten_${zipf.rank(random.uniform())}`, nowMs, serviceMs }
  }
}
