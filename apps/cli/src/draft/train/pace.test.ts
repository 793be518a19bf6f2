import { expect, test } from 'vitest'
import { PaceMeter } from './pace.ts'

test('a pace is that of the last half minute, and says nothing before it can', () => {
  const meter = new PaceMeter()
  expect(meter.observe(0, 500, 2_000)).toEqual({ rate: null, leftMs: null })
  expect(meter.observe(1_000, 510, 2_000)).toEqual({ rate: null, leftMs: null })
  expect(meter.observe(4_000, 540, 2_000)).toEqual({ rate: 10, leftMs: 146_000 })
  // It slows down to two a second; after half a minute of that, nothing is left of the ten.
  for (let second = 5; second <= 40; second++) meter.observe(second * 1_000, 540 + 2 * (second - 4), 2_000)
  expect(meter.observe(41_000, 614, 2_000)).toEqual({ rate: 2, leftMs: 693_000 })
})

test('a pace that stands still has no end', () => {
  const meter = new PaceMeter()
  meter.observe(0, 5, 10)
  expect(meter.observe(60_000, 5, 10)).toEqual({ rate: null, leftMs: null })
})
