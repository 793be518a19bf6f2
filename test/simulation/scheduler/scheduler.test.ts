import { expect, it } from 'vitest'
import { gainAfter } from './gains.ts'
import { lruTime } from './lru.ts'
import { comparisonsOf, QUICK_WORLD } from './scenarios.ts'
import { simulate } from './simulate.ts'
import { fixedTimer, roundRobin, tokenCount } from './strategies/baselines.ts'
import { oracle } from './strategies/oracle.ts'
import { policy } from './strategies/policy.ts'
import { World } from './world.ts'

const [loose, scarce] = comparisonsOf(QUICK_WORLD).map(({ scenario }) => scenario)
if (!loose || !scarce) throw new Error('There are two scenarios at least.')

it('the policy saves more for its training than a count of tokens, a timer or turns, and less than who knows all', () => {
  const own = simulate(loose, policy())
  const best = simulate(loose, oracle())
  for (const rival of [tokenCount(), fixedTimer(), roundRobin()]) {
    const theirs = simulate(loose, rival)
    expect(own.ratio).toBeGreaterThan(1.2 * theirs.ratio)
    expect(own.savedMs).toBeGreaterThan(theirs.savedMs)
  }
  expect(own.savedMs).toBeLessThan(best.savedMs)
  expect(own.savedMs).toBeGreaterThan(0.7 * best.savedMs)
})

it('no strategy exceeds its budget, and bad drafts cost next to nothing', () => {
  const { targetMsPerDay } = new World(scarce.world)
  for (const strategy of [policy(), tokenCount()]) {
    const { trainingByDay, lostMs, targetMs } = simulate(scarce, strategy)
    for (const ms of trainingByDay) expect(ms).toBeLessThanOrEqual(scarce.trainingShare * targetMsPerDay + 1e-3)
    expect(lostMs).toBeLessThan(0.001 * targetMs)
  }
})

it('is a function of its seed', () => {
  const short = { ...loose, world: { ...loose.world, days: 3 } }
  expect(simulate(short, policy())).toEqual(simulate(short, policy()))
})

it('the world is what its sources say', () => {
  const { truths } = new World({ ...QUICK_WORLD, tenants: 20_000 })
  const gains = (kind: string) => truths.filter((each) => each.kind === kind).map(({ traffic }) => traffic.gain)
  expect(Math.min(...gains('templated'))).toBeGreaterThanOrEqual(0.06)
  expect(Math.max(...gains('templated'))).toBeLessThanOrEqual(0.38)
  expect(Math.max(...gains('known'), ...gains('dialogue'))).toBeLessThanOrEqual(0.02)
  expect(gainAfter(0.2, 10_000)).toBeCloseTo(0.2)
  const requests = truths.reduce((sum, each) => sum + each.requestsPerDay, 0)
  expect(requests / QUICK_WORLD.requestsPerDay).toBeCloseTo(1)
})

it('the approximation of recency holds as many as there is room for', () => {
  const rates = Array.from({ length: 1_000 }, (_, rank) => 100 / (rank + 1))
  const time = lruTime(rates, 200)
  expect(rates.reduce((sum, rate) => sum - Math.expm1(-rate * time), 0)).toBeCloseTo(200, 3)
  expect(lruTime(rates, 1_000)).toBe(Number.POSITIVE_INFINITY)
})
