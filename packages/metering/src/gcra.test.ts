import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hasRoom, remaining, roomInUs, take, WINDOW_US } from './gcra.ts'

const perMinute = fc.integer({ min: 1, max: 100_000 })

describe('a bucket of a minute', () => {
  it('gives exactly as much at once as a minute has, whatever that is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000 }), (limit) => {
        let freeUs = 0
        let given = 0
        while (hasRoom(limit, freeUs, WINDOW_US, 1) && given <= limit) {
          freeUs = take(limit, freeUs, WINDOW_US, 1)
          given++
        }
        expect(given).toBe(limit)
      }),
    )
  })

  it('never gives more than two minutes have in any minute, nor more than the rate in the long run', () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 20_000_000 }), fc.integer({ min: 1, max: 50 })), {
      maxLength: 200,
    })
    fc.assert(
      fc.property(perMinute, steps, (limit, asked) => {
        let [nowUs, freeUs, given] = [WINDOW_US, 0, 0]
        for (const [laterUs, amount] of asked) {
          nowUs += laterUs
          if (!hasRoom(limit, freeUs, nowUs, amount)) continue
          freeUs = take(limit, freeUs, nowUs, amount)
          given += amount
          // Each taking may be rounded down by less than a microsecond's worth.
          const perUs = limit / WINDOW_US
          expect(given).toBeLessThanOrEqual(limit + (nowUs - WINDOW_US) * perUs + asked.length * perUs)
        }
      }),
    )
  })

  it('says when there will be room, and there is none before', () => {
    fc.assert(
      fc.property(
        perMinute,
        fc.integer({ min: 0, max: 2 * WINDOW_US }),
        fc.integer({ min: 1, max: 100 }),
        (limit, freeUs, amount) => {
          const wanted = Math.min(amount, limit)
          const inUs = roomInUs(limit, freeUs, WINDOW_US, wanted)
          expect(hasRoom(limit, freeUs, WINDOW_US + inUs, wanted)).toBe(true)
          if (inUs > 0) expect(hasRoom(limit, freeUs, WINDOW_US + inUs - 1, wanted)).toBe(false)
        },
      ),
    )
  })

  it('gets back what was not used, and goes into debt for what was too much', () => {
    const full = WINDOW_US
    expect(remaining(60, take(60, take(60, 0, full, 30), full, -20), full)).toBe(50)
    const debt = take(60, 0, full, 90)
    expect(remaining(60, debt, full)).toBe(0)
    expect(roomInUs(60, debt, full, 1)).toBe(31_000_000)
  })
})
