import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { drawAt } from '../controller/index.ts'
import { CostTable } from './cost-table.ts'
import { COST_PLAN, measureCosts } from './measure.ts'

const SIZES = COST_PLAN.batches.flatMap((batch) => COST_PLAN.lengths.map((length) => ({ batch, length })))
const TRUE_MS = (batch: number, rows: number) => 3 + 0.12 * batch * rows
const POINTS = SIZES.map(({ batch, length }) => ({ batch, length, ms: TRUE_MS(batch, length) }))

describe('CostTable', () => {
  it('reads measured sizes exactly, and others between their neighbours or along the last slope', () => {
    const costs = new CostTable(POINTS)
    for (const { batch, length, ms } of POINTS) expect(costs.targetMs(batch, length)).toBeCloseTo(ms, 9)
    for (const [batch, rows] of [
      [3, 7],
      [12, 12],
      [1, 30],
    ] as const) {
      expect(costs.targetMs(batch, rows)).toBeCloseTo(TRUE_MS(batch, rows), 9)
    }
  })

  it('knows what one more row of one sequence adds, and that none adds nothing', () => {
    const costs = new CostTable(POINTS)
    for (const batch of [1, 4, 8]) expect(costs.rowMs(batch, 8)).toBeCloseTo(0.12, 9)
    expect(costs.rowMs(4, 0)).toBe(0)
  })

  it('never says that more rows or sequences cost less, whatever was measured and observed', () => {
    const noisy = fc.array(fc.double({ min: 0.01, max: 100, noNaN: true }), {
      minLength: SIZES.length,
      maxLength: SIZES.length,
    })
    const live = fc.record({ at: fc.nat({ max: SIZES.length - 1 }), ms: fc.double({ min: 0, max: 1e6, noNaN: true }) })
    fc.assert(
      fc.property(noisy, fc.array(live, { maxLength: 50 }), (measured, observed) => {
        const costs = new CostTable(SIZES.map((size, at) => ({ ...size, ms: measured[at] ?? 1 })))
        for (const { at, ms } of observed) {
          const size = SIZES[at]
          if (size) costs.observeTarget(size.batch, size.length, ms)
        }
        for (let batch = 1; batch < 20; batch++) {
          for (let rows = 1; rows < 20; rows++) {
            const ms = costs.targetMs(batch, rows)
            expect(costs.targetMs(batch + 1, rows)).toBeGreaterThanOrEqual(ms * (1 - 1e-9))
            expect(costs.targetMs(batch, rows + 1)).toBeGreaterThanOrEqual(ms * (1 - 1e-9))
          }
        }
      }),
      { numRuns: 100 },
    )
  })

  it('follows a machine that became twice as slow within 60 steps, also for sizes it does not run', () => {
    const costs = new CostTable(POINTS)
    for (let step = 0; step < 60; step++) costs.observeTarget(4, 5, 2 * TRUE_MS(4, 5))
    expect(costs.targetMs(4, 5) / TRUE_MS(4, 5)).toBeCloseTo(2, 1)
    expect(Math.abs(costs.targetMs(1, 1) / TRUE_MS(1, 1) - 2)).toBeLessThan(0.35)
  })

  it('is moved by less than 8 % when one step takes a thousand times as long', () => {
    const costs = new CostTable(POINTS)
    costs.observeTarget(1, 1, 1_000 * TRUE_MS(1, 1))
    expect(costs.targetMs(1, 1) / TRUE_MS(1, 1)).toBeLessThan(1.09)
  })

  it('counts drafts of arms that were measured, by batch and lookahead', () => {
    const points = [
      { batch: 1, length: 1, ms: 0.2 },
      { batch: 1, length: 3, ms: 0.4 },
      { batch: 2, length: 3, ms: 0.5 },
    ]
    const costs = new CostTable(POINTS, [
      { static: points, adaptive: points.map((each) => ({ ...each, ms: 2 * each.ms })) },
    ])
    expect(costs.draftMs('static', 1, 2)).toBeCloseTo(0.3, 9)
    expect(costs.draftMs('static', 0, 2)).toBe(0)
    expect(costs.draftMs('suffix', 1, 8)).toBe(0)
    const mixed = [
      { arm: 'static', lookahead: 1 },
      { arm: 'adaptive', lookahead: 3 },
      { arm: 'suffix', lookahead: 9 },
    ] as const
    expect(costs.draftsMs(mixed)).toBeCloseTo(1, 9) // one call of two, as far as the longer, at the dearer's price
    expect(costs.draftsMs(mixed.slice(0, 1))).toBeCloseTo(0.2, 9)
  })

  it('follows what calls take, each by the dearest arm in it', () => {
    const points = [1, 2].map((batch) => ({ batch, length: 3, ms: 0.2 + 0.2 * batch }))
    const costs = new CostTable(POINTS, [
      { static: points, adaptive: points.map((each) => ({ ...each, ms: 2 * each.ms })) },
    ])
    const call = (arm: 'static' | 'adaptive') => ({ arm, lookahead: 3 })
    for (let step = 0; step < 60; step++) costs.observeDrafts([call('static'), call('adaptive')], 3)
    expect(costs.draftMs('adaptive', 2, 3)).toBeCloseTo(3, 1)
    expect(costs.draftMs('static', 2, 3)).toBeCloseTo(0.6, 9)
    for (let step = 0; step < 60; step++) costs.observeDrafts([call('static')], 0.8)
    expect(costs.draftMs('static', 1, 3)).toBeCloseTo(0.8, 1)
  })
})

describe('measureCosts', () => {
  it('finds the true cost of each size under noise that only adds, discarding first runs', async () => {
    let now = 0
    let runs = 0
    const run = async (batch: number, length: number) => {
      const cold = runs++ < SIZES.length ? 50 : 0
      now += TRUE_MS(batch, length) + cold + (drawAt(3, runs) < 0.5 ? 0 : 10 * drawAt(4, runs))
    }
    const points = await measureCosts(run, () => now, { ...COST_PLAN, repeats: 12 })
    for (const { batch, length, ms } of points) expect(ms).toBeCloseTo(TRUE_MS(batch, length), 6)
  })
})
