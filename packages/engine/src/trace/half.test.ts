import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { writeHalf } from './half.ts'

/** What a half's bits mean, by definition. */
function meaningOf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1
  const exponent = (half >> 10) & 31
  const fraction = half & 1023
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15))
}

function half(value: number): number {
  const out = new Uint16Array(3)
  writeHalf(Float32Array.of(1, value), out, 1)
  expect(out[1]).toBe(0x3c00)
  return out[2] ?? 0
}

describe('writeHalf', () => {
  it('gives back every half', () => {
    const all = Uint16Array.from({ length: 65_536 }, (_, bits) => bits).filter((bits) => !Number.isNaN(meaningOf(bits)))
    const out = new Uint16Array(all.length)
    writeHalf(Float32Array.from(all, meaningOf), out, 0)
    expect(out).toEqual(all)
    expect(meaningOf(half(Number.NaN))).toBeNaN()
  })

  it('rounds to the nearest, and between two to the even one', () => {
    const between = fc.tuple(fc.nat(0x7bfe), fc.constantFrom(0.25, 0.5, 0.75))
    fc.assert(
      fc.property(between, ([bits, share]) => {
        const value = meaningOf(bits) + (meaningOf(bits + 1) - meaningOf(bits)) * share
        const up = share > 0.5 || (share === 0.5 && bits % 2 === 1)
        expect(half(value)).toBe(up ? bits + 1 : bits)
        expect(half(-value)).toBe((up ? bits + 1 : bits) + 0x8000)
      }),
      { numRuns: 2000 },
    )
  })

  it('leaves its range for infinity where rounding does', () => {
    expect(half(65_519)).toBe(0x7bff)
    expect(half(65_520)).toBe(0x7c00)
    expect(half(-1e30)).toBe(0xfc00)
    expect(half(1e-12)).toBe(0)
  })
})
