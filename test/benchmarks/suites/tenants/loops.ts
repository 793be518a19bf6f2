import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Draw, pickBy, poissonArrivals, zipfShares } from '../../arrivals.ts'
import { type Asked, ask } from './ask.ts'
import type { Tenant } from './population.ts'
import type { Serving } from './serving.ts'
import { SEQUENCES_MAX } from './settings.ts'

export interface Arrival {
  readonly atMs: number
  readonly tenant: Tenant
  /** Cancelled when the scenario's time is up, instead of being read to its end. */
  readonly cancelled: boolean
}

/**
 * Open loop: requests come whether or not others were answered. Tenants by popularity; their order is that of the
 * list.
 */
export function openLoop(tenants: readonly Tenant[], perSecond: number, seconds: number, draw: Draw): Arrival[] {
  const shares = zipfShares(tenants.length)
  return poissonArrivals(perSecond, seconds, draw).flatMap((atMs) => {
    const tenant = tenants[pickBy(shares, draw)]
    return tenant ? [{ atMs, tenant, cancelled: false }] : []
  })
}

/** Sends each request when it is due and waits for all answers. */
export async function play(serving: Serving, arrivals: readonly Arrival[], seconds: number): Promise<Asked[]> {
  const started = performance.now()
  const now = () => performance.now() - started
  const abort = new AbortController()
  setMaxListeners(0, abort.signal) // one per request of a flood
  const turns = new Map<string, number>()
  const answers: Promise<Asked>[] = []
  for (const { atMs, tenant, cancelled } of arrivals) {
    const waitMs = atMs - now()
    if (waitMs > 0) await sleep(waitMs)
    const turn = turns.get(tenant.id) ?? 0
    turns.set(tenant.id, turn + 1)
    const signal = cancelled ? { signal: abort.signal } : {}
    answers.push(ask(serving, tenant, { arrivedMs: atMs, turn, now, ...signal }))
  }
  await sleep(Math.max(0, seconds * 1_000 - now()))
  abort.abort()
  const asked = await Promise.all(answers)
  await serving.engine.drain()
  return asked
}

export interface Capacity {
  readonly tokensPerSecond: number
  readonly requestsPerSecond: number
}

/** Closed loop: as many requests at a time as there are sequences. The first fifth warms up and does not count. */
export async function measureCapacity(
  serving: Serving,
  tenants: readonly Tenant[],
  seconds: number,
  draw: Draw,
): Promise<Capacity> {
  const started = performance.now()
  const now = () => performance.now() - started
  const shares = zipfShares(tenants.length)
  const turns = new Map<string, number>()
  const asked: Asked[] = []
  const endMs = seconds * 1_000
  const lane = async () => {
    while (now() < endMs) {
      const tenant = tenants[pickBy(shares, draw)]
      if (!tenant) throw new Error('there is no tenant')
      const turn = turns.get(tenant.id) ?? 0
      turns.set(tenant.id, turn + 1)
      asked.push(await ask(serving, tenant, { arrivedMs: now(), turn, now }))
    }
  }
  await Promise.all(Array.from({ length: SEQUENCES_MAX }, lane))
  await serving.engine.drain()
  const counts = (atMs: number | undefined) => atMs !== undefined && atMs >= endMs / 5 && atMs < endMs
  const tokens = asked.flatMap(({ events }) => events.filter(({ atMs }) => counts(atMs)))
  return {
    tokensPerSecond: tokens.reduce((sum, each) => sum + each.tokens, 0) / (0.8 * seconds),
    requestsPerSecond: asked.filter((each) => counts(each.endMs)).length / (0.8 * seconds),
  }
}
