import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Candidate, chooseWorker, loadBounds } from './choose-worker.ts'

const ids = fc.uniqueArray(fc.webUrl(), { minLength: 1, maxLength: 8 })
const fleet = ids.chain((known) =>
  fc.tuple(
    ...known.map((id) =>
      fc.record({
        id: fc.constant(id),
        load: fc.nat(40),
        capacity: fc.integer({ min: 1, max: 32 }),
        hot: fc.boolean(),
      }),
    ),
  ),
)

const idle = (known: readonly string[]): Candidate[] => known.map((id) => ({ id, load: 0, capacity: 16, hot: false }))

describe('the choice of a worker', () => {
  it('always finds one, and one below its bound', () => {
    fc.assert(
      fc.property(fleet, fc.string(), (workers, tenant) => {
        const chosen = chooseWorker(workers, tenant)
        if (!chosen) throw new Error('none was chosen')
        expect(chosen.load).toBeLessThan(loadBounds(workers)(chosen))
      }),
    )
  })

  it('is one that has the tenant hot wherever one of those is below its bound', () => {
    fc.assert(
      fc.property(fleet, fc.string(), (workers, tenant) => {
        const boundOf = loadBounds(workers)
        const hotAndFree = workers.some((each) => each.hot && each.load < boundOf(each))
        if (hotAndFree) expect(chooseWorker(workers, tenant)?.hot).toBe(true)
      }),
    )
  })

  it('does not depend on the order in which workers are given', () => {
    fc.assert(
      fc.property(fleet, fc.string(), (workers, tenant) => {
        expect(chooseWorker([...workers].reverse(), tenant)?.id).toBe(chooseWorker(workers, tenant)?.id)
      }),
    )
  })

  it('moves a tenant only when its own worker goes, or to the worker that comes', () => {
    fc.assert(
      fc.property(ids, fc.string(), fc.nat(), (known, tenant, pick) => {
        const all = chooseWorker(idle(known), tenant)?.id
        const one = known[pick % known.length]
        const without = chooseWorker(idle(known.filter((id) => id !== one)), tenant)?.id
        if (all !== one) expect(without).toBe(all)
      }),
    )
  })

  it('leaves a tenant where it is hot when a worker comes', () => {
    fc.assert(
      fc.property(ids, fc.string(), fc.nat(), (known, tenant, pick) => {
        const hot = known[pick % known.length]
        const workers = idle([...known, 'https://new.example/']).map((each) => ({ ...each, hot: each.id === hot }))
        expect(chooseWorker(workers, tenant)?.id).toBe(hot)
      }),
    )
  })

  it('never lets one tenant fill one worker while others idle', () => {
    const workers = ['a', 'b', 'c', 'd'].map((id) => ({ id, load: 0, capacity: 16, hot: false }))
    for (let request = 0; request < 100; request++) {
      const chosen = chooseWorker(workers, 'ten_busy')
      if (chosen) {
        chosen.load++
        chosen.hot = true
      }
    }
    for (const worker of workers) expect(worker.load).toBeLessThanOrEqual(loadBounds(workers)(worker))
    expect(Math.max(...workers.map((worker) => worker.load))).toBeLessThanOrEqual(32)
  })

  it('gives each worker as much as it has capacity for', () => {
    const workers = [4, 8, 16, 32].map((capacity) => ({ id: `${capacity}`, load: 0, capacity, hot: false }))
    for (let request = 0; request < 600; request++) {
      const chosen = chooseWorker(workers, `ten_${request}`)
      if (chosen) chosen.load++
    }
    for (const { load, capacity } of workers) expect(load / capacity).toBeLessThanOrEqual((1.3 * 600) / 60)
  })

  it('spreads many tenants evenly', () => {
    const workers = ['a', 'b', 'c', 'd']
    const counts = new Map<string, number>()
    for (let tenant = 0; tenant < 4_000; tenant++) {
      const id = chooseWorker(idle(workers), `ten_${tenant}`)?.id ?? ''
      counts.set(id, (counts.get(id) ?? 0) + 1)
    }
    for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(150)
  })

  it('has no answer without workers, and only then', () => {
    expect(chooseWorker([], 'ten_a')).toBeNull()
  })
})
