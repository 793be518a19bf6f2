import type { Trace } from '@foretoken/engine'
import { median } from '../../report.ts'
import { WAYS, type WayName } from './arms.ts'
import type { CalibrationPoint } from './calibration.ts'
import { type Served, serve } from './serve.ts'
import { type StepSums, sumOfSteps } from './step-kinds.ts'
import type { World } from './world.ts'

/** What one way made of the measured requests. */
export interface WayFigures {
  /** Committed tokens per verification step. */
  readonly acceptanceLength: number
  /** Over all requests, prefill included. */
  readonly tokensPerSecond: number
  /** Plain decoding's time ÷ this way's: the median over requests, all requests together, and their decoding alone. */
  readonly speedUp: { readonly median: number; readonly total: number; readonly decoding: number }
  /** What its verification steps promised and took, by what they verified. */
  readonly kinds: StepSums
  /** By request, in one order for all ways. */
  readonly requests: {
    readonly steps: readonly number[]
    readonly ms: readonly number[]
    readonly decodeMs: readonly number[]
  }
}

export interface Measured {
  /** Completion tokens by request. */
  readonly tokens: readonly number[]
  readonly ways: Readonly<Record<WayName, WayFigures>>
  readonly points: Readonly<Record<'static' | 'adaptive', readonly CalibrationPoint[]>>
}

/**
 * Serves held-out requests in all ways, batch 1, request by request: the ways take turns in going first, since machines
 * drift. The first `warmUp` requests are not counted. Throws if any two ways give different tokens.
 */
export async function measure(
  world: World,
  domain: string,
  requests: readonly Trace[],
  warmUp: number,
): Promise<Measured> {
  const byWay = new Map<WayName, Served[]>(WAYS.map(({ name }) => [name, []]))
  for (const [index, { prompt }] of requests.entries()) {
    const order = WAYS.map((_, at) => WAYS[(at + index) % WAYS.length]).flatMap((way) => way ?? [])
    let first: Served | undefined
    for (const way of order) {
      const served = await serve(world, { domain, prompt: [...prompt], way })
      first ??= served
      if (world.exact && served.tokens.join() !== first.tokens.join()) {
        throw new Error(`${domain}, request ${index}: ${way.name} changed the output.`)
      }
      if (index >= warmUp) byWay.get(way.name)?.push(served)
    }
  }
  const servedIn = (way: WayName) => byWay.get(way) ?? []
  const plain = servedIn('none')
  const figures = (way: WayName) => figuresOf(servedIn(way), plain)
  const points = (way: WayName) => servedIn(way).flatMap((served) => served.points)
  return {
    tokens: plain.map(({ tokens }) => tokens.length),
    ways: {
      none: figures('none'),
      suffix: figures('suffix'),
      static: figures('static'),
      adaptive: figures('adaptive'),
      'static+suffix': figures('static+suffix'),
      auto: figures('auto'),
      'suffix chain': figures('suffix chain'),
      'static chain': figures('static chain'),
      'adaptive chain': figures('adaptive chain'),
    },
    points: { static: points('static chain'), adaptive: points('adaptive chain') },
  }
}

export function figuresOf(served: readonly Served[], plain: readonly Served[]): WayFigures {
  const total = (all: readonly Served[], value: (each: Served) => number) =>
    all.reduce((sum, each) => sum + value(each), 0)
  const [tokens, steps] = [total(served, (each) => each.tokens.length), total(served, (each) => each.steps)]
  const ms = total(served, (each) => each.ms)
  return {
    acceptanceLength: tokens / steps,
    tokensPerSecond: (1_000 * tokens) / ms,
    speedUp: {
      median: median(served.map((each, at) => (plain[at]?.ms ?? Number.NaN) / each.ms)),
      total: total(plain, (each) => each.ms) / ms,
      decoding: total(plain, (each) => each.decodeMs) / total(served, (each) => each.decodeMs),
    },
    kinds: sumOfSteps(served.map((each) => each.kinds)),
    requests: {
      steps: served.map((each) => each.steps),
      ms: served.map((each) => Number(each.ms.toFixed(2))),
      decodeMs: served.map((each) => Number(each.decodeMs.toFixed(2))),
    },
  }
}
