import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeFloats } from './decode.ts'

const bytesOf = (values: Uint16Array<ArrayBuffer>) => new Uint8Array(values.buffer)

test('known float16 values decode exactly', () => {
  const stored = Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0001, 0x0400, 0x8000, 0x7c00, 0xfc00, 0x3555)
  const expected = [1, -2, 65504, 2 ** -24, 2 ** -14, -0, Infinity, -Infinity, 0.333251953125]
  expect([...decodeFloats('F16', bytesOf(stored))]).toEqual(expected)
  expect(decodeFloats('F16', bytesOf(Uint16Array.of(0x7e00)))[0]).toBeNaN()
})

test('bfloat16 is the upper half of float32', () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true }), (value) => {
      const upper = new Uint16Array(Float32Array.of(value).buffer).slice(1, 2)
      const truncated = new Float32Array(Uint16Array.of(0, upper[0] ?? 0).buffer)[0]
      expect(decodeFloats('BF16', bytesOf(upper))[0]).toBe(truncated)
    }),
  )
})

test('float32 is taken as it is', () => {
  const values = Float32Array.of(1.5, -0, 1e-40)
  expect(decodeFloats('F32', new Uint8Array(values.buffer))).toEqual(values)
})
