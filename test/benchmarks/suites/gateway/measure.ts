import { type Draw, poissonArrivals } from '../../arrivals.ts'
import type { Contender } from './contender.ts'
import { type Load, sendAll } from './load.ts'
import { type Kind, LEFT_MS_MAX, P99_MS_MAX } from './settings.ts'

/** One contender under one rate. */
export interface Measurement {
  readonly contender: string
  readonly kind: string
  readonly perSecond: number
  readonly round: number
  readonly load: Load
  /** Of the contender's process; null where the system does not tell. */
  readonly cpuMsPerRequest: number | null
  readonly keptUp: boolean
}

export interface Rate {
  readonly kind: Kind
  readonly perSecond: number
  readonly seconds: number
  readonly round: number
}

/** @param aloneMs median latency without a gateway; absent where it is that which is measured */
export async function measure(contender: Contender, rate: Rate, draw: Draw, aloneMs?: number): Promise<Measurement> {
  const { kind, perSecond, seconds, round } = rate
  const arrivals = poissonArrivals(perSecond, seconds, draw)
  const before = contender.process.cpuMs()
  const load = await sendAll(contender.target(kind.stream), arrivals)
  const after = contender.process.cpuMs()
  return {
    contender: contender.name,
    kind: kind.name,
    perSecond,
    round,
    load,
    cpuMsPerRequest: before === null || after === null ? null : (after - before) / arrivals.length,
    keptUp: keptUp(load, perSecond, aloneMs ?? load.latencyMs.p50),
  }
}

/** Nothing fails, nobody waits long beyond what an answer takes in any case, and nothing queues up. */
export function keptUp(load: Omit<Load, 'sentLateMs' | 'firstByteMs'>, perSecond: number, aloneMs: number): boolean {
  const { failed, unanswered, leftOpen, latencyMs } = load
  const leftMax = LEFT_MIN + (perSecond * (aloneMs + LEFT_MS_MAX)) / 1_000
  return failed === 0 && unanswered === 0 && leftOpen <= leftMax && latencyMs.p99 - aloneMs < P99_MS_MAX
}

/** Chance leaves a few open at low rates too. */
const LEFT_MIN = 10
