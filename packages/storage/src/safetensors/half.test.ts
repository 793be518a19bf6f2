import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromHalf, toHalf } from './half.ts'

const all = Uint16Array.from({ length: 65_536 }, (_, half) => half)
const isNaNHalf = (half: number) => (half & 0x7c00) === 0x7c00 && (half & 0x3ff) !== 0

/** The definition, slowly: the positive half with these bits. */
const magnitudeOf = (half: number) =>
  half >> 10 === 0 ? half * 2 ** -24 : (1 + (half & 1023) / 1024) * 2 ** ((half >> 10) - 15)

/** The definition of rounding, slowly: of the two halves around a value the nearer one, the even one in a tie. */
function nearest(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  const magnitude = Math.abs(value)
  let [low, high] = [0, 0x7c00] // as if infinity were 65,536, the next step of the scale
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (magnitudeOf(middle) <= magnitude) low = middle
    else high = middle
  }
  const [below, above] = [magnitude - magnitudeOf(low), magnitudeOf(high) - magnitude]
  const up = magnitude >= 65_536 || above < below || (above === below && low % 2 === 1)
  return sign | (up ? high : low)
}

const halfOf = (value: number) => toHalf(Float32Array.of(value))[0]

test('each of the 65,536 halves becomes the float that it stands for', () => {
  const floats = fromHalf(all)
  const wrong: number[] = []
  for (const half of all) {
    const magnitude = half & 0x7fff
    const expected = isNaNHalf(half) ? Number.NaN : magnitude === 0x7c00 ? Infinity : magnitudeOf(magnitude)
    if (!Object.is(floats[half], half & 0x8000 ? -expected : expected)) wrong.push(half)
  }
  expect(wrong).toEqual([])
})

test('each of the 65,536 halves survives the way through float32, NaNs quietened', () => {
  const expected = all.map((half) => (isNaNHalf(half) ? half | 0x200 : half))
  expect(toHalf(fromHalf(all))).toEqual(expected)
})

test('between any two neighbours the nearer half is taken, the even one in a tie', () => {
  const wrong: number[] = []
  const float = new Float32Array(1)
  const bits = new Uint32Array(float.buffer)
  for (let low = 0; low < 0x7c00; low += 1) {
    float[0] = (magnitudeOf(low) + magnitudeOf(low + 1)) / 2
    const middle = bits[0] ?? 0
    const even = low % 2 === 0 ? low : low + 1
    for (const [at, expected] of [
      [middle - 1, low],
      [middle, even],
      [middle + 1, low + 1],
    ] as const) {
      bits[0] = at
      if (toHalf(float)[0] !== expected) wrong.push(low)
    }
  }
  expect(wrong).toEqual([])
})

test('any float rounds as the definition says', () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true }), (value) => {
      expect(halfOf(value)).toBe(nearest(value))
    }),
    { numRuns: 20_000 },
  )
})

test.each([
  [65_504, 0x7bff],
  [65_519.996, 0x7bff],
  [65_520, 0x7c00],
  [-3e38, 0xfc00],
  [-0, 0x8000],
  [1e-40, 0],
])('%d becomes %i', (value, half) => {
  expect(halfOf(value)).toBe(half)
})
