import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cover } from './allowance.ts'

const nano = fc.bigInt({ min: 0n, max: 10n ** 9n })

describe('what a running request does about its budget', () => {
  it('delivers exactly what was granted, and asks for enough to go on', () => {
    fc.assert(
      fc.property(nano, nano, nano, (granted, cost, slice) => {
        const { covered, ask } = cover(granted, cost, slice)
        expect(covered).toBe(cost <= granted)
        if (!covered) expect(ask && cover(granted + ask.neededNano, cost, slice).covered).toBe(true)
        if (ask) expect(ask.wantedNano).toBeGreaterThanOrEqual(ask.neededNano - (slice === 0n ? 1n : 0n))
      }),
    )
  })

  it('asks while there is time, not for every token', () => {
    expect(cover(1_000n, 0n, 1_000n)).toEqual({ covered: true, ask: null })
    expect(cover(1_000n, 500n, 1_000n)).toEqual({ covered: true, ask: null })
    expect(cover(1_000n, 501n, 1_000n)).toEqual({ covered: true, ask: { wantedNano: 1_000n, neededNano: 1n } })
    expect(cover(1_000n, 1_010n, 1_000n)).toEqual({ covered: false, ask: { wantedNano: 1_010n, neededNano: 10n } })
    expect(cover(0n, 0n, 0n)).toEqual({ covered: true, ask: null })
  })
})
