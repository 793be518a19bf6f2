import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Rules } from './rules.ts'
import { DEFAULT_RULES } from './rules.ts'
import { play } from './testing/small-world.ts'

const HOUR_MS = 3_600_000
/** A run of 20,000 tokens costs 15 s here: the budget is some runs a day. */
const rules = (budgetMs: number, agedRounds = 48): Rules => ({
  ...DEFAULT_RULES,
  training: { ...DEFAULT_RULES.training, budgetMs, roundMs: HOUR_MS, agedRounds },
  memory: { ...DEFAULT_RULES.memory, hotBytesMax: 3_000_000, diskBytesMax: 3_000_000, storeBytesMax: 9_000_000 },
})

const seeds = fc.integer({ min: 1, max: 1_000_000 })
const budgets = fc.integer({ min: 60_000, max: 400_000 })

describe('weeks of rounds over some tenants that drift, opt out, are held and ordered', () => {
  test('keep the budget, one run a tenant, the will of tenants and operators, and the quotas, after each round', () => {
    let [runs, promotions, demotions] = [0, 0, 0]
    fc.assert(
      fc.property(seeds, budgets, (seed, budgetMs) => {
        play({ seed, tenants: 20, rounds: 24 * 14, rules: rules(budgetMs) }, (step) => {
          expect(step.spentMs).toBeLessThanOrEqual(budgetMs + 1e-6)
          expect(new Set(step.trained).size).toBe(step.trained.length)
          for (const { before } of step.trainedBefore) {
            expect(before.learning && before.control !== 'held' && !before.runOpen && !before.trial).toBe(true)
          }
          expect(step.bytes.hot).toBeLessThanOrEqual(3_000_000)
          expect(step.bytes.disk).toBeLessThanOrEqual(3_000_000)
          expect(step.bytes.hot + step.bytes.disk + step.bytes.store).toBeLessThanOrEqual(9_000_000)
          runs += step.trained.length
          promotions += step.kinds.filter((kind) => kind === 'promote').length
          demotions += step.kinds.filter((kind) => kind === 'keep-in-store' || kind === 'keep-on-disk').length
        })
      }),
      { numRuns: 12 },
    )
    expect(runs).toBeGreaterThan(300)
    expect(promotions).toBeGreaterThan(100)
    expect(demotions).toBeGreaterThan(50)
  })

  test('leave nobody with enough new traffic waiting for longer than the bound', () => {
    let waitedMax = 0
    fc.assert(
      fc.property(seeds, (seed) => {
        const [tenants, agedRounds, budgetMs] = [20, 48, 400_000]
        // The part of a day that is for aged tenants has room for two runs of 15 s; at worst all tenants aged at once.
        const bound = agedRounds + 24 * (tenants / 2)
        play({ seed, tenants, rounds: 24 * 21, rules: rules(budgetMs, agedRounds) }, ({ at, records, nowMs }) => {
          if (at < bound) return
          for (const { enoughSinceMs } of records) {
            if (enoughSinceMs === null) continue
            const waited = (nowMs - enoughSinceMs) / HOUR_MS
            waitedMax = Math.max(waitedMax, waited)
            expect(waited).toBeLessThanOrEqual(bound)
          }
        })
      }),
      { numRuns: 12 },
    )
    expect(waitedMax).toBeGreaterThan(48) // somebody aged
  })

  test('let a draft that became bad serve for a bounded number of steps only', () => {
    let drifts = 0
    fc.assert(
      fc.property(seeds, (seed) => {
        play({ seed, tenants: 20, rounds: 24 * 21, rules: rules(400_000) }, ({ badSteps, drifted }) => {
          drifts += drifted
          for (const steps of badSteps) expect(steps).toBeLessThan(8_000)
        })
      }),
      { numRuns: 12 },
    )
    expect(drifts).toBeGreaterThan(50)
  })
})
