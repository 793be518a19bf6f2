import { median, type Report, rounded } from '../../report.ts'
import type { Figures, Quantiles } from './figures.ts'
import type { FloodResult } from './flood.ts'
import type { Capacity } from './loops.ts'
import { COUNTS, FLOOD_LOAD, LIGHT_LOAD, LOAD, type Settings } from './settings.ts'

export interface Played {
  readonly counts: {
    readonly count: number
    readonly capacity: Capacity
    readonly figures: Figures
    /** Adapters that the engine took out of service. */
    readonly demoted: number
  }[]
  readonly floods: FloodResult[]
}

/** Medians over rounds. */
export function summarise(played: Played, settings: Settings): Report {
  const medians: Record<string, number> = {}
  const ratios: Record<string, number> = {}
  for (const count of COUNTS) {
    const rounds = played.counts.filter((each) => each.count === count)
    const of = (value: (figures: Figures) => number) => rounded(median(rounds.map(({ figures }) => value(figures))))
    const name = count === 1 ? '1 tenant' : `${count} tenants`
    medians[`${name} capacity tokens/s`] = rounded(median(rounds.map(({ capacity }) => capacity.tokensPerSecond)))
    medians[`${name} goodput tokens/s`] = of(({ tokensPerSecond }) => tokensPerSecond)
    for (const p of PERCENTILES) {
      medians[`${name} time to first token ${p} ms`] = of(({ firstTokenMs }) => firstTokenMs[p])
      medians[`${name} time between tokens ${p} ms`] = of(({ betweenTokensMs }) => betweenTokensMs[p])
    }
    medians[`${name} fairness`] = of(({ fairness }) => fairness.asked)
    ratios[`${name} adapter misses/requests`] = of(({ cold, requests }) => cold / requests)
    ratios[`${name} adapter misses after a tenant's first/requests`] = of(
      (each) => (each.cold - each.tenants) / each.requests,
    )
    ratios[`${name} cached prompt tokens/prompt tokens`] = of(({ cached }) => cached)
    ratios[`${name} goodput/capacity`] = rounded(
      median(rounds.map(({ capacity, figures }) => figures.tokensPerSecond / capacity.tokensPerSecond)),
    )
  }
  const capacity = (name: string) => medians[`${name} capacity tokens/s`] ?? Number.NaN
  for (const name of ['8 tenants', '64 tenants']) {
    ratios[`${name} capacity/1 tenant capacity`] = rounded(capacity(name) / capacity('1 tenant'))
  }
  const flood = (value: (each: FloodResult) => number) => rounded(median(played.floods.map(value)))
  medians['flood fairness to what is due'] = flood(({ beside }) => beside.fairness.due)
  medians['light tenants time to first token alone p95 ms'] = flood(({ alone }) => alone.firstTokenMs.p95)
  medians['light tenants time to first token beside a flood p95 ms'] = flood(({ light }) => light.firstTokenMs.p95)
  ratios['light tenants beside a flood/alone'] = flood(({ slowdown }) => slowdown.p50)
  ratios['light tenants beside a flood, p95/alone'] = flood(({ slowdown }) => slowdown.p95)
  ratios['light requests refused/sent'] = flood(({ light }) => light.refused / light.requests)
  const loads = { open: LOAD, flood: FLOOD_LOAD, light: LIGHT_LOAD }
  return { suite: 'tenants', medians, ratios, raw: { settings, loads, ...played } }
}

const PERCENTILES: readonly (keyof Quantiles)[] = ['p50', 'p95', 'p99']
