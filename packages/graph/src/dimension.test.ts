import fc from 'fast-check'
import { expect, test } from 'vitest'
import { broadcast, formatShape, product, quotient, sameShape, sum } from './dimension.ts'

const dim = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom('batch', 'length', '(capacity+length)'))
const shape = fc.array(dim, { maxLength: 5 })
const sizes: Record<string, number> = { batch: 11, length: 13, '(capacity+length)': 30 }
const refuse = (reason: string): never => {
  throw new Error(reason)
}

test('products do not depend on order, and a quotient undoes them', () => {
  fc.assert(
    fc.property(shape, shape, (a, b) => {
      expect(product([...a, ...b])).toBe(product([...b, ...a]))
      expect(product([product(a), product(b)])).toBe(product([...a, ...b]))
      expect(quotient([...a, ...b], b)).toBe(product(a))
    }),
  )
})

test('a product of names and numbers is the product of the sizes', () => {
  const evaluate = (name: string | number) =>
    String(name)
      .split('*')
      .reduce((size, factor) => size * (sizes[factor] ?? Number(factor)), 1)
  fc.assert(
    fc.property(shape, (dims) => {
      expect(evaluate(product(dims))).toBe(dims.reduce<number>((size, part) => size * evaluate(part), 1))
    }),
  )
})

test('sums gather equal names', () => {
  expect(sum([2, 3])).toBe(5)
  expect(sum(['length', 'capacity'])).toBe('(capacity+length)')
  expect(sum(['batch', 'batch', 'batch'])).toBe('3*batch')
  expect(sum(['batch', 4, 1])).toBe('(batch+5)')
  expect(product([sum(['a', 1]), 2])).toBe('2*(a+1)')
})

test('what does not divide has no quotient', () => {
  expect(quotient([6], [4])).toBeUndefined()
  expect(quotient(['batch', 6], ['length'])).toBeUndefined()
})

test('broadcasting is symmetric and keeps names', () => {
  expect(broadcast(['batch', 1, 4], [3, 1], refuse)).toEqual(['batch', 3, 4])
  expect(broadcast([], ['batch'], refuse)).toEqual(['batch'])
  expect(() => broadcast(['batch', 2], ['length', 2], refuse)).toThrow(
    '[batch, 2] and [length, 2] do not broadcast: batch against length',
  )
  expect(() => broadcast([3], ['batch'], refuse)).toThrow('3 against batch')
  fc.assert(
    fc.property(shape, (dims) => {
      const ones = dims.map(() => 1)
      expect(sameShape(broadcast(dims, ones, refuse), dims)).toBe(true)
      expect(formatShape(broadcast(ones, dims, refuse))).toBe(formatShape(dims))
    }),
  )
})
