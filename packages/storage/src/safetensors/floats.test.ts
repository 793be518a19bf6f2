import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromFloat32, toFloat32 } from './floats.ts'
import { elements, tensorOf } from './tensor.ts'

test('known float16 values decode exactly', () => {
  const stored = Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0001, 0x0400, 0x8000, 0x7c00, 0xfc00, 0x3555)
  const expected = [1, -2, 65504, 2 ** -24, 2 ** -14, -0, Infinity, -Infinity, 0.333251953125]
  expect([...toFloat32(tensorOf('F16', [9], stored))]).toEqual(expected)
  expect(toFloat32(tensorOf('F16', [1], Uint16Array.of(0x7e00)))[0]).toBeNaN()
})

test('bfloat16 is the upper half of float32', () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true }), (value) => {
      const upper = new Uint16Array(Float32Array.of(value).buffer).slice(1, 2)
      const truncated = new Float32Array(Uint16Array.of(0, upper[0] ?? 0).buffer)[0]
      expect(toFloat32(tensorOf('BF16', [1], upper))[0]).toBe(truncated)
    }),
  )
})

test('float32 is taken as it is, aligned or not', () => {
  const values = Float32Array.of(1.5, -0, 1e-40)
  const tensor = fromFloat32(values, [3], 'F32')
  expect(toFloat32(tensor)).toEqual(values)
  const shifted = new Uint8Array(13)
  shifted.set(tensor.data, 1)
  expect(toFloat32({ ...tensor, data: shifted.subarray(1) })).toEqual(values)
})

test('float16 halves the bytes and keeps what fits', () => {
  const tensor = fromFloat32(Float32Array.of(1, -2, 0.1, 1e6), [2, 2], 'F16')
  expect(tensor.data).toHaveLength(8)
  expect([...toFloat32(tensor)]).toEqual([1, -2, 0.0999755859375, Infinity])
})

test('a shape that does not fit, or elements of another size, are refused', () => {
  const refused = expect.objectContaining({ name: 'SafetensorsError' })
  const three = new Float32Array(3)
  expect(() => fromFloat32(three, [2, 2], 'F32')).toThrow(refused)
  expect(() => elements(tensorOf('F32', [3], three), Uint16Array)).toThrow(refused)
  expect(() => toFloat32(tensorOf('I32', [3], new Int32Array(3)))).toThrow(refused)
  expect([...elements(tensorOf('I32', [2], Int32Array.of(7, -7)), Int32Array)]).toEqual([7, -7])
})
