import { expect, it } from 'vitest'
import { Trust } from './trust.ts'

it('finds how much of its promises a tenant’s arms keep, and is full for those it does not know', () => {
  const trust = new Trust()
  expect(trust.of('ten_a')).toBe(1)
  for (let step = 0; step < 200; step++) trust.learn('ten_a', 2, step % 2 === 0 ? 3 : 0)
  expect(trust.of('ten_a')).toBeCloseTo(0.76, 1)
  expect(trust.of('ten_b')).toBe(1)
  trust.forget('ten_a')
  expect(trust.of('ten_a')).toBe(1)
})

it('is never more than full, nor so little that it could not be won back', () => {
  const trust = new Trust()
  for (let step = 0; step < 500; step++) trust.learn('ten_a', 3, 0)
  expect(trust.of('ten_a')).toBe(0.4)
  for (let step = 0; step < 200; step++) trust.learn('ten_a', 3, 5)
  expect(trust.of('ten_a')).toBe(1)
})

it('forgets the tenants that were not asked for longest', () => {
  const trust = new Trust(2)
  for (const tenant of ['ten_a', 'ten_b', 'ten_a', 'ten_c']) trust.learn(tenant, 100, 0)
  expect(['ten_a', 'ten_b', 'ten_c'].map((tenant) => trust.of(tenant) < 1)).toEqual([true, false, true])
})
