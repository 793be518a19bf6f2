import fc from 'fast-check'
import { expect, it } from 'vitest'
import { DEFAULT_RULES } from '../rules.ts'
import { TenantRecord } from '../testing/tenant-record.ts'
import { NO_STEPS, observeSteps } from './averages.ts'
import { decideRoute } from './routing.ts'

const RULES = DEFAULT_RULES
const DAY_MS = 24 * 3_600 * 1_000

/** Seeded noise: the sum of twelve uniforms is close to a normal one (Irwin 1927, Hall 1927). */
function noise(seed: number): () => number {
  let state = seed
  const uniform = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  return () => Array.from({ length: 12 }, uniform).reduce((sum, each) => sum + each, -6)
}

/** Serves so many batches of 50 steps; says after how many one of the verdicts fell. */
function fallsAfter(seed: number, batches: number, ownMean: (batch: number) => number, kinds: readonly string[]) {
  const record = new TenantRecord('ten_a')
  record.goLive(1, 0, 600_000)
  record.targetMsPerDay = 1_000
  const draw = noise(seed)
  for (let batch = 0; batch < batches; batch++) {
    const mean = (of: number) => of + (1.5 / Math.sqrt(50)) * draw()
    record.observeArm('static', { mean: mean(2), count: 50 }, RULES)
    record.observeArm('adaptive', { mean: mean(ownMean(batch)), count: 50 }, RULES)
    const decision = decideRoute(record, 10 * DAY_MS, RULES)
    if (decision && kinds.includes(decision.kind)) return batch + 1
  }
}

const SEEDS = Array.from({ length: 30 }, (_, seed) => seed + 1)

it('steady traffic raises no alarm for months of steps', () => {
  const alarms = SEEDS.filter((seed) => fallsAfter(seed, 2_000, () => 2.6, ['mark-drift', 'route-static']))
  expect(alarms).toEqual([])
})

it('a fall that leaves the draft ahead is marked within a thousand steps', () => {
  for (const seed of SEEDS) {
    const at = fallsAfter(seed, 300, (batch) => (batch < 200 ? 4 : 2.8), ['mark-drift']) ?? Number.POSITIVE_INFINITY
    expect(at).toBeGreaterThan(200)
    expect(at).toBeLessThanOrEqual(220)
  }
})

it('a draft that falls behind the static one is taken out of use within two thousand steps', () => {
  for (const seed of SEEDS) {
    const at = fallsAfter(seed, 300, (batch) => (batch < 200 ? 3 : 1.6), ['route-static']) ?? Number.POSITIVE_INFINITY
    expect(at).toBeGreaterThan(200)
    expect(at).toBeLessThanOrEqual(240)
  }
})

it('a young draft that falls behind is rolled back where there is one to go back to', () => {
  const record = new TenantRecord('ten_a')
  record.goLive(1, 0, 600_000)
  record.goLive(2, DAY_MS, 600_000)
  record.observeArm('static', { mean: 3, count: 5_000 }, RULES)
  record.observeArm('adaptive', { mean: 2, count: 5_000 }, RULES)
  expect(decideRoute(record, DAY_MS + 1, RULES)?.kind).toBe('rollback')
  expect(decideRoute(record, 9 * DAY_MS, RULES)?.kind).toBe('route-static')
})

it('is routed back when measured ahead again', () => {
  const record = new TenantRecord('ten_a')
  record.goLive(1, 0, 600_000)
  record.arm = 'static'
  record.observeArm('static', { mean: 2, count: 5_000 }, RULES)
  record.observeArm('adaptive', { mean: 3, count: 5_000 }, RULES)
  expect(decideRoute(record, DAY_MS, RULES)?.kind).toBe('route-adaptive')
})

it('an average lies between what it was and what it saw, and the fast one moves more', () => {
  const mean = fc.double({ min: 1, max: 9, noNaN: true })
  const count = fc.integer({ min: 1, max: 100_000 })
  fc.assert(
    fc.property(mean, count, mean, count, (first, many, second, more) => {
      const before = observeSteps(NO_STEPS, { mean: first, count: many }, RULES.drift)
      const after = observeSteps(before, { mean: second, count: more }, RULES.drift)
      expect(before).toEqual({ fast: first, slow: first, count: many })
      const [low, high] = [Math.min(first, second), Math.max(first, second)]
      for (const each of [after.fast, after.slow]) {
        expect(each).toBeGreaterThanOrEqual(low - 1e-9)
        expect(each).toBeLessThanOrEqual(high + 1e-9)
      }
      expect(Math.abs(after.fast - first)).toBeGreaterThanOrEqual(Math.abs(after.slow - first) - 1e-9)
    }),
  )
})
