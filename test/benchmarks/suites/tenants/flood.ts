import type { Draw } from '../../arrivals.ts'
import { poissonArrivals } from '../../arrivals.ts'
import { quantile } from '../../statistics.ts'
import type { Asked } from './ask.ts'
import { type Figures, figuresOf } from './figures.ts'
import { type Arrival, play } from './loops.ts'
import type { Tenant } from './population.ts'
import type { Serving } from './serving.ts'
import { FLOOD_LOAD, LIGHT_LOAD } from './settings.ts'

export interface FloodResult {
  readonly alone: Figures
  readonly beside: Figures
  /** Of the light tenants' requests that were served both times: a request's time beside the flood ÷ alone. */
  readonly slowdown: { readonly p50: number; readonly p95: number }
  /** The light tenants' part of what was served beside the flood. */
  readonly light: Figures
}

export interface FloodOptions {
  readonly requestsPerSecond: number
  readonly seconds: number
  readonly draw: Draw
}

/**
 * The first tenant sends several times what the worker can serve while the others ask for a little. The others'
 * requests are sent twice, at the same times: alone and beside the flood. When the time is up what is left of the
 * flood is cancelled, and the others are read to their ends.
 */
export async function playFlood(
  open: () => Serving,
  [heavy, ...light]: readonly Tenant[],
  { requestsPerSecond, seconds, draw }: FloodOptions,
): Promise<FloodResult> {
  if (!heavy || light.length === 0) throw new Error('a flood needs a heavy tenant and light ones')
  const lightArrivals = poissonArrivals(LIGHT_LOAD * requestsPerSecond, seconds, draw).map((atMs, index): Arrival => {
    return { atMs, tenant: light[index % light.length] ?? heavy, cancelled: false }
  })
  const floodMs = poissonArrivals(FLOOD_LOAD * requestsPerSecond, seconds, draw)
  const flood = floodMs.map((atMs): Arrival => ({ atMs, tenant: heavy, cancelled: true }))
  const together = [...lightArrivals, ...flood].sort((a, b) => a.atMs - b.atMs)
  const alone = await play(open(), lightArrivals, seconds)
  const beside = await play(open(), together, seconds)
  const lightBeside = beside.filter(({ tenant }) => tenant !== heavy.id)
  const slowdowns = alone.flatMap((before, at) => slowdownOf(before, lightBeside[at]))
  return {
    alone: figuresOf(alone, seconds),
    beside: figuresOf(beside, seconds),
    slowdown: { p50: quantile(slowdowns, 0.5), p95: quantile(slowdowns, 0.95) },
    light: figuresOf(lightBeside, seconds),
  }
}

function slowdownOf(alone: Asked, beside: Asked | undefined): number[] {
  if (alone.endMs === undefined || beside?.endMs === undefined) return []
  return [(beside.endMs - beside.arrivedMs) / (alone.endMs - alone.arrivedMs)]
}
