import { jainIndex, maxMinShares, quantile } from '../../statistics.ts'
import type { Asked } from './ask.ts'

export interface Quantiles {
  readonly p50: number
  readonly p95: number
  readonly p99: number
}

/** What tenants saw of one scenario. */
export interface Figures {
  readonly requests: number
  readonly refused: number
  /** Served before the tenant's adapter was there, and how many tenants asked at all: each is cold once. */
  readonly cold: number
  readonly tenants: number
  /** Over the time in which requests came. */
  readonly tokensPerSecond: number
  /** From the moment a request was due. */
  readonly firstTokenMs: Quantiles
  /** Between two events of a stream, whichever number of tokens the second brought: what a reader waits. */
  readonly betweenTokensMs: Quantiles
  /** Jain's index over tenants of tokens served per tokens asked for, and per tokens that max-min fairness gives. */
  readonly fairness: { readonly asked: number; readonly due: number }
  /** Share of prompt tokens that came from a cache. */
  readonly cached: number
}

export function figuresOf(asked: readonly Asked[], seconds: number): Figures {
  const served = asked.filter(({ events }) => events.length > 0)
  const tenants = [...new Set(asked.map(({ tenant }) => tenant))]
  const inTime = served.flatMap(({ events }) => events.filter(({ atMs }) => atMs < seconds * 1_000))
  const prompts = served.reduce((sum, { promptTokens }) => sum + promptTokens, 0)
  return {
    requests: asked.length,
    refused: asked.filter(({ refused }) => refused).length,
    cold: asked.filter(({ cold }) => cold).length,
    tenants: tenants.length,
    tokensPerSecond: tokensOf(inTime) / seconds,
    firstTokenMs: quantiles(served.map(({ arrivedMs, events }) => (events[0]?.atMs ?? Number.NaN) - arrivedMs)),
    betweenTokensMs: quantiles(served.flatMap(({ events }) => gapsOf(events))),
    fairness: fairnessOf(asked, tenants, seconds),
    cached: served.reduce((sum, { cachedTokens }) => sum + cachedTokens, 0) / prompts,
  }
}

function fairnessOf(asked: readonly Asked[], tenants: readonly string[], seconds: number) {
  const ended = asked.filter(({ endMs }) => endMs !== undefined)
  const usual = ended.reduce((sum, { events }) => sum + tokensOf(events), 0) / Math.max(1, ended.length)
  const byTenant = tenants.map((tenant) => {
    const own = asked.filter((each) => each.tenant === tenant)
    const inTime = own.flatMap(({ events }) => events.filter(({ atMs }) => atMs < seconds * 1_000))
    // Nobody knows how long an answer would have become that was never finished.
    const demand = own.reduce((sum, { endMs, events }) => sum + (endMs === undefined ? usual : tokensOf(events)), 0)
    return { served: tokensOf(inTime), demand }
  })
  const total = byTenant.reduce((sum, { served }) => sum + served, 0)
  const due = maxMinShares(
    byTenant.map(({ demand }) => demand),
    total,
  )
  return {
    asked: jainIndex(byTenant.map(({ served, demand }) => served / demand)),
    due: jainIndex(byTenant.map(({ served }, at) => served / (due[at] ?? Number.NaN))),
  }
}

function tokensOf(events: readonly { tokens: number }[]): number {
  return events.reduce((sum, { tokens }) => sum + tokens, 0)
}

function gapsOf(events: Asked['events']): number[] {
  return events.slice(1).map(({ atMs }, before) => atMs - (events[before]?.atMs ?? Number.NaN))
}

function quantiles(values: readonly number[]): Quantiles {
  return { p50: quantile(values, 0.5), p95: quantile(values, 0.95), p99: quantile(values, 0.99) }
}
