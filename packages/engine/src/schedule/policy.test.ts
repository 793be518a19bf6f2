import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nextPrefill } from './policy.ts'
import { VirtualService } from './service.ts'

describe('the next chunk', () => {
  test('goes to the prompt that is done soonest, and yet each gets one after a bounded number of others', () => {
    expect(nextPrefill([])).toBeUndefined()
    const prompts = fc.array(fc.integer({ min: 1, max: 4_000 }), { minLength: 2, maxLength: 12 })
    fc.assert(
      fc.property(prompts, (sizes) => {
        const prefilling = sizes.map((rowsLeft) => ({ rowsLeft, passedOver: 0 }))
        const shortest = prefilling.reduce((one, other) => (other.rowsLeft < one.rowsLeft ? other : one))
        expect(nextPrefill(prefilling)).toBe(shortest)
        for (let chunk = 0; chunk < 100; chunk++) {
          const next = nextPrefill(prefilling)
          for (const each of prefilling) each.passedOver++
          if (next) next.passedOver = 0
          expect(Math.max(...prefilling.map(({ passedOver }) => passedOver))).toBeLessThan(4 + prefilling.length)
        }
      }),
    )
  })
})

describe('what a tenant was served', () => {
  test('is no credit for having been away, and a debt stays one', () => {
    const service = new VirtualService()
    service.enter('ten_a')
    service.charge('ten_a', 1, { input: 1_000 })
    service.enter('ten_b')
    expect(service.of('ten_b')).toBe(1_000)
    service.charge('ten_b', 2, { output: 500 })
    expect(service.of('ten_b')).toBe(1_500) // two a token, by a weight of two
    service.leave('ten_b')
    service.enter('ten_b')
    expect(service.of('ten_b')).toBe(1_500)
  })

  test('is less by what is given back, also where others were lifted to it meanwhile', () => {
    const service = new VirtualService()
    service.enter('ten_a')
    service.charge('ten_a', 4, { input: 1_000 })
    service.enter('ten_b')
    service.charge('ten_a', 4, { input: -960 })
    expect([service.of('ten_a'), service.of('ten_b')]).toEqual([10, 250])
    service.leave('ten_a')
    service.enter('ten_a')
    expect(service.of('ten_a')).toBe(250) // as for anybody who was away
  })

  test('is forgotten of those who are away and owe nothing', () => {
    const service = new VirtualService()
    for (let index = 0; index < 10_000; index++) {
      service.enter(`ten_${index}`)
      service.charge(`ten_${index}`, 1, { input: 10, output: 5 })
      service.leave(`ten_${index}`)
    }
    expect(service.size).toBe(0)
    expect(service.of('ten_0')).toBe(200_000)
  })
})
