import { expect, it } from 'vitest'
import { ForecastDiscount } from './forecast-discount.ts'

it('finds how much of its promises a tenant’s arms keep, and takes nothing off for those it does not know', () => {
  const discount = new ForecastDiscount()
  expect(discount.factorOf('ten_a')).toBe(1)
  for (let step = 0; step < 200; step++) discount.learn('ten_a', 2, step % 2 === 0 ? 3 : 0)
  expect(discount.factorOf('ten_a')).toBeCloseTo(0.76, 1)
  expect(discount.factorOf('ten_b')).toBe(1)
  discount.forget('ten_a')
  expect(discount.factorOf('ten_a')).toBe(1)
})

it('is never above 1, nor so low that it could not be won back', () => {
  const discount = new ForecastDiscount()
  for (let step = 0; step < 500; step++) discount.learn('ten_a', 3, 0)
  expect(discount.factorOf('ten_a')).toBe(0.4)
  for (let step = 0; step < 200; step++) discount.learn('ten_a', 3, 5)
  expect(discount.factorOf('ten_a')).toBe(1)
})

it('forgets the tenants that were not asked for longest', () => {
  const discount = new ForecastDiscount(2)
  for (const tenant of ['ten_a', 'ten_b', 'ten_a', 'ten_c']) discount.learn(tenant, 100, 0)
  expect(['ten_a', 'ten_b', 'ten_c'].map((tenant) => discount.factorOf(tenant) < 1)).toEqual([true, false, true])
})
