import { expect, it } from 'vitest'
import type { Load } from './load.ts'
import { keptUp, type Measurement } from './measure.ts'
import { summarise } from './summary.ts'

const even = (ms: number) => ({ p50: ms, p90: ms, p99: ms })

function load(ms: number, more: Partial<Load> = {}): Load {
  const latencies = { firstByteMs: even(ms), latencyMs: even(ms), sentLateMs: even(0) }
  return { requests: 100, failed: 0, leftOpen: 0, unanswered: 0, ...latencies, ...more }
}

function measured(contender: string, perSecond: number, round: number, one: Load, cpuMs = 1): Measurement {
  const kept = keptUp(one, perSecond, 1)
  return { contender, kind: 'plain', perSecond, round, load: one, cpuMsPerRequest: cpuMs, keptUp: kept }
}

const baselines = new Map([
  ['worker', null],
  ['foretoken', 'worker'],
  ['portkey', 'worker'],
])

it('keeping up means that nothing fails, waits long or queues up, beyond what answers take in any case', () => {
  expect(keptUp(load(40), 100, 1)).toBe(true)
  expect(keptUp(load(140), 100, 120)).toBe(true)
  expect(keptUp(load(140), 100, 1)).toBe(false)
  expect(keptUp(load(1, { failed: 1 }), 100, 1)).toBe(false)
  expect(keptUp(load(1, { unanswered: 1 }), 100, 1)).toBe(false)
  expect(keptUp(load(1, { leftOpen: 60 }), 100, 1)).toBe(false)
})

it('what a gateway adds is told against the same round without it', () => {
  const rounds = [0, 1, 2].flatMap((round) => [
    measured('worker', 100, round, load(1 + round)),
    measured('foretoken', 100, round, load(3 + round), 0.5),
    measured('portkey', 100, round, load(5 + round)),
  ])
  const { medians, ratios } = summarise(rounds, baselines)
  expect(medians['foretoken plain 100/s added p50 ms']).toBe(2)
  expect(medians['portkey plain 100/s added p99 ms']).toBe(4)
  expect(ratios['foretoken cpu/portkey plain 100/s cpu']).toBe(0.5)
})

it('the saturation is the last rate before the first that was too much, and who fails has no figures', () => {
  const figures = summarise(
    [
      ...[100, 200, 500].map((perSecond) => measured('worker', perSecond, 0, load(1))),
      ...[100, 200, 500].map((perSecond) => measured('foretoken', perSecond, 0, load(perSecond === 200 ? 90 : 2))),
      measured('portkey', 100, 0, load(Number.NaN, { failed: 100 })),
    ],
    baselines,
  )
  expect(figures.medians['foretoken plain kept up with requests/s']).toBe(100)
  expect(figures.medians['portkey plain kept up with requests/s']).toBe(0)
  expect(Object.keys(figures.medians).filter((name) => name.startsWith('portkey plain 100'))).toEqual([])
})
