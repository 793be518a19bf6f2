import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chooseWorker, loadBound } from './choose.ts'

const urls = fc.uniqueArray(fc.webUrl(), { minLength: 1, maxLength: 8 })
const fleet = urls.chain((known) =>
  fc
    .array(fc.nat(40), { minLength: known.length, maxLength: known.length })
    .map((loads) => known.map((url, at) => ({ url, load: loads[at] ?? 0 }))),
)

const idle = (urlsOfFleet: readonly string[]) => urlsOfFleet.map((url) => ({ url, load: 0 }))

describe('the choice of a worker', () => {
  it('always finds one, and one below the bound', () => {
    fc.assert(
      fc.property(fleet, fc.string(), (workers, tenant) => {
        const chosen = chooseWorker(workers, tenant)
        expect(chosen?.load).toBeLessThan(loadBound(workers))
      }),
    )
  })

  it('does not depend on the order of the configuration', () => {
    fc.assert(
      fc.property(fleet, fc.string(), (workers, tenant) => {
        expect(chooseWorker([...workers].reverse(), tenant)?.url).toBe(chooseWorker(workers, tenant)?.url)
      }),
    )
  })

  it('moves a tenant only when its own worker goes', () => {
    fc.assert(
      fc.property(urls, fc.string(), fc.nat(), (known, tenant, pick) => {
        const before = chooseWorker(idle(known), tenant)
        const gone = known[pick % known.length]
        const after = chooseWorker(idle(known.filter((url) => url !== gone)), tenant)
        if (before?.url !== gone) expect(after?.url).toBe(before?.url)
      }),
    )
  })

  it('never lets one tenant fill one worker while others idle', () => {
    const workers = ['a', 'b', 'c', 'd'].map((url) => ({ url, load: 0 }))
    for (let request = 0; request < 100; request++) {
      const chosen = chooseWorker(workers, 'ten_busy')
      if (chosen) chosen.load++
    }
    for (const worker of workers) expect(worker.load).toBeLessThanOrEqual(loadBound(workers))
    expect(Math.max(...workers.map((worker) => worker.load))).toBeLessThanOrEqual(32)
  })

  it('spreads many tenants evenly', () => {
    const workers = ['a', 'b', 'c', 'd']
    const counts = new Map<string, number>()
    for (let tenant = 0; tenant < 4_000; tenant++) {
      const url = chooseWorker(idle(workers), `ten_${tenant}`)?.url ?? ''
      counts.set(url, (counts.get(url) ?? 0) + 1)
    }
    for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(150)
  })

  it('has no answer without workers', () => {
    expect(chooseWorker([], 'ten_a')).toBeNull()
  })
})
