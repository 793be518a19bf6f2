import { ADAPTER_BYTES } from '@foretoken/policy/testing'
import type { PolicyLog } from '../scheduler/strategies/strategy.ts'
import type { Tally } from '../scheduler/tally.ts'
import { percent, section } from './table.ts'

const GPUS = 1_000
const UTILISATION = 0.7
const DOLLARS_PER_GPU_HOUR = 2
const DAY_MS = 24 * 3_600_000
const DAY_SECONDS = 86_400

/** What the policy's figures mean for 1,000 GPUs, each an engine as the simulated ones, with as many tenants each. */
export function scaleTable(tally: Tally, { decisions, roundMs }: PolicyLog, days: number): string {
  const gpus = tally.targetMs / days / DAY_MS / UTILISATION
  const factor = GPUS / gpus
  const daily = (count: number) => (factor * count) / days
  const of = (kind: string) => decisions.get(kind) ?? 0
  const changes = [...decisions.values()].reduce((sum, count) => sum + count, 0)
  const loads = of('keep-hot')
  const puts = daily(tally.segments) + 2 * daily(tally.promoted)
  const gets = 10 * daily(tally.runs) + 2 * daily(loads)
  const writes = {
    usage: daily(tally.requests),
    acceptance: 2 * 12 * daily(tally.activeHours),
    scheduler: daily(changes + 3 * tally.runs),
  }
  const hours = (ms: number) => daily(ms) / 3_600_000
  const perSecond = (count: number) => (count / DAY_SECONDS).toFixed(2)
  const rows: [string, string][] = [
    ['tenants', thousands(factor * tally.tenants)],
    ['requests a second', perSecond(writes.usage)],
    [
      'drafts, and their bytes',
      `${thousands(factor * tally.drafts)}, ${((factor * tally.drafts * ADAPTER_BYTES) / 1e9).toFixed(0)} GB in the store`,
    ],
    [
      'adapter memory of a GPU, if each has its own tenants’',
      `${((tally.drafts / gpus) * (ADAPTER_BYTES / 1e6)).toFixed(0)} MB`,
    ],
    ['training share of compute', percent(tally.trainingMs / tally.targetMs)],
    ['training runs a day', thousands(daily(tally.runs))],
    [
      'object store, PUT a second',
      `${perSecond(puts)}, of which ${perSecond(2 * daily(tally.promoted))} adapters and the rest trace segments`,
    ],
    ['object store, GET a second', perSecond(gets)],
    [
      'Postgres, rows a second: usage, acceptance, scheduler',
      `${perSecond(writes.usage)}, ${perSecond(writes.acceptance)}, ${perSecond(writes.scheduler)}`,
    ],
    [
      'a round of the scheduler here, median and longest',
      `${Math.round(median(roundMs))} and ${Math.round(Math.max(...roundMs))} ms for ${thousands(tally.tenants)} tenants`,
    ],
    [
      'GPU-hours a day: saved, spent on training',
      `${Math.round(hours(tally.savedMs))}, ${Math.round(hours(tally.trainingMs))}`,
    ],
    ['net, dollars a day', thousands(DOLLARS_PER_GPU_HOUR * (hours(tally.savedMs) - hours(tally.trainingMs)))],
  ]
  const text = `The first scenario, times ${factor.toFixed(2)}: its engines, ${percent(UTILISATION, 0)} busy, would be ${gpus.toFixed(0)} GPUs. Assumed: an adapter of ${ADAPTER_BYTES / 1e6} MB (a larger target’s is larger), ${DOLLARS_PER_GPU_HOUR} dollars a GPU-hour, traces written as the recorder does (2,048 tokens or 15 s), ten segments read by a run, acceptance of two arms written every five minutes for who was active, three writes for a run and one for a decision that changes something. Training is counted as GPU time here; on idle cores it costs less.`
  return section('A cluster of 1,000 GPUs', text, ['', ''], rows)
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0
}

function thousands(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}
