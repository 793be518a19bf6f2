import { expect, it } from 'vitest'
import { AWAKE, nextRest, PATIENCE, REST_MAX, type Rest } from './rest.ts'

/** How often a sequence is asked in so many steps, of which drafting pays at none. */
function asked(steps: number, from: Rest = AWAKE): { asked: number; rest: Rest } {
  let [count, rest] = [0, from]
  for (let step = 0; step < steps; step++) {
    if (rest.left === 0) count++
    rest = nextRest(rest, false)
  }
  return { asked: count, rest }
}

it('is asked at every step at first, then less and less, and never less than once in REST_MAX + 1 steps', () => {
  expect(asked(PATIENCE).asked).toBe(PATIENCE)
  const { rest } = asked(100)
  expect(asked(9 * (REST_MAX + 1), rest).asked).toBe(9)
})

it('is awake after one step at which drafting pays', () => {
  let { rest } = asked(60)
  while (rest.left > 0) rest = nextRest(rest, false)
  expect(nextRest(rest, true)).toEqual(AWAKE)
})

it('learns nothing from a step that was not the plan’s choice', () => {
  expect(nextRest({ plain: 3, left: 0 }, undefined)).toEqual({ plain: 3, left: 0 })
})
