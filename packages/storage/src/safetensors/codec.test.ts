import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeSafetensors, encodeSafetensors } from './codec.ts'
import { SafetensorsError } from './error.ts'
import { type Dtype, dtypeBytes, dtypeSchema, tensorBytes } from './header.ts'
import type { SafeTensor } from './tensor.ts'

const tensor = fc
  .record({
    dtype: fc.constantFrom(...dtypeSchema.options),
    shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
  })
  .chain(({ dtype, shape }) => {
    const length = tensorBytes(dtype, shape)
    const data = fc.uint8Array({ minLength: length, maxLength: length })
    return fc.record({ dtype: fc.constant<Dtype>(dtype), shape: fc.constant(shape), data })
  })
const isWhole = (text: string) => Buffer.from(text).toString() === text
// JSON objects can't carry this one name.
const name = fc.string({ unit: 'binary', maxLength: 12 }).filter((each) => each !== '__proto__' && isWhole(each))
const tensors = fc.dictionary(name, tensor, { maxKeys: 6, noNullPrototype: true })
const metadata = fc.dictionary(name, fc.string(), { maxKeys: 3, noNullPrototype: true })

test('what was encoded is decoded, and equal content gives equal bytes', () => {
  fc.assert(
    fc.property(tensors, metadata, (before, notes) => {
      const bytes = encodeSafetensors(before, notes)
      const after = decodeSafetensors(bytes)
      expect(Object.fromEntries(after.tensors)).toEqual(before)
      expect(after.metadata).toEqual(notes)
      const reversed = Object.fromEntries(Object.entries(before).reverse())
      expect(encodeSafetensors(reversed, Object.fromEntries(Object.entries(notes).reverse()))).toEqual(bytes)
    }),
  )
})

test('each tensor is aligned to its element', () => {
  fc.assert(
    fc.property(tensors, metadata, (before, notes) => {
      const bytes = encodeSafetensors(before, notes)
      for (const { dtype, data } of decodeSafetensors(bytes).tensors.values()) {
        expect((data.byteOffset - bytes.byteOffset) % dtypeBytes[dtype]).toBe(0)
      }
    }),
  )
})

/** Decodes, and lets nothing out but SafetensorsError. */
function outcome(bytes: Uint8Array): string {
  try {
    decodeSafetensors(bytes)
    return 'accepted'
  } catch (error) {
    if (!(error instanceof SafetensorsError)) throw error
    return error.message
  }
}

test('damaged bytes are decoded or refused, never anything else', () => {
  const damage = fc.record({ at: fc.nat(), to: fc.integer({ min: 0, max: 255 }) })
  fc.assert(
    fc.property(tensors, fc.array(damage, { minLength: 1, maxLength: 4 }), fc.nat(), (before, hits, cut) => {
      const bytes = encodeSafetensors(before)
      for (const { at, to } of hits) bytes[at % bytes.length] = to
      outcome(bytes)
      outcome(bytes.subarray(0, cut % bytes.length))
    }),
    { numRuns: 2_000 },
  )
})

test('a file that was cut anywhere, or grew, is refused', () => {
  const bytes = encodeSafetensors({ a: { dtype: 'F32', shape: [2, 3], data: new Uint8Array(24) } })
  expect(outcome(bytes)).toBe('accepted')
  for (let length = 0; length < bytes.length; length += 1) {
    expect(outcome(bytes.subarray(0, length))).toMatch(/^is truncated/)
  }
  expect(outcome(Buffer.concat([bytes, new Uint8Array(5)]))).toBe('has 5 bytes after the last tensor')
})

/** A file with this header before `dataBytes` bytes of data. */
function fileWith(header: unknown, dataBytes: number): Uint8Array {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header))
  const prefix = Buffer.alloc(8)
  prefix.writeBigUInt64LE(BigInt(text.length))
  return Buffer.concat([prefix, text, Buffer.alloc(dataBytes)])
}

const entry = (shape: unknown, data_offsets: unknown, dtype: unknown = 'U8') => ({ dtype, shape, data_offsets })

test.each<[string, unknown, number]>([
  ['accepted', { a: entry([2], [0, 2]), b: entry([2], [2, 4]) }, 4],
  ['accepted', { a: entry([2], [0, 2]), b: entry([0], [0, 0]) }, 2],
  ['accepted', '{}   ', 0],
  ['b: overlaps the tensor before it', { a: entry([2], [0, 2]), b: entry([2], [1, 3]) }, 3],
  ['b: 1 unused bytes before it', { a: entry([2], [0, 2]), b: entry([1], [3, 4]) }, 4],
  ['a: U8 [3] needs 3 bytes, has 2', { a: entry([3], [0, 2]) }, 2],
  ['a: F32 [1] needs 4 bytes, has -4', { a: entry([1], [4, 0], 'F32') }, 4],
  ['a: dtype "Q4" is not supported', { a: entry([2], [0, 2], 'Q4') }, 2],
  ['header is not JSON', '{"a":', 0],
])('%s', (expected, header, dataBytes) => {
  expect(outcome(fileWith(header, dataBytes))).toBe(expected)
})

test.each<[unknown]>([
  [[]],
  [null],
  ['"text"'],
  [{ a: 1 }],
  [{ a: entry([-2], [0, 2]) }],
  [{ a: entry([1.5], [0, 2]) }],
  [{ a: entry([2], [0]) }],
  [{ a: entry([2 ** 40, 2 ** 40], [0, 2]) }],
  [{ __metadata__: { epoch: 3 }, a: entry([2], [0, 2]) }],
])('a header of %j is refused', (header) => {
  expect(outcome(fileWith(header, 2))).not.toBe('accepted')
})

test('a header that claims more than 100 MB is refused before anything is read', () => {
  const bytes = Buffer.alloc(64, 0xff)
  expect(outcome(bytes)).toBe('header of 18446744073709551615 bytes')
})

test('a header that is not UTF-8 is refused', () => {
  const bytes = fileWith('{"a":{}}', 0)
  bytes[10] = 0xff
  expect(outcome(bytes)).toBe('header is not JSON')
})

test('what could not be decoded is not encoded', () => {
  const one: SafeTensor = { dtype: 'U8', shape: [1], data: new Uint8Array(1) }
  expect(() => encodeSafetensors({ a: { ...one, shape: [2] } })).toThrow('a: U8 [2] needs 2 bytes, has 1')
  expect(() => encodeSafetensors({ __metadata__: one })).toThrow(SafetensorsError)
})
