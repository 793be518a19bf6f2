import { expect, it } from 'vitest'
import { BACK_OFF_STEPS_MAX, type BackOff, NO_BACK_OFF, nextBackOff, PATIENCE } from './back-off.ts'

/** How often a sequence is asked in so many steps, of which drafting pays at none. */
function asked(steps: number, from: BackOff = NO_BACK_OFF): { asked: number; backOff: BackOff } {
  let [count, backOff] = [0, from]
  for (let step = 0; step < steps; step++) {
    if (backOff.stepsLeft === 0) count++
    backOff = nextBackOff(backOff, false)
  }
  return { asked: count, backOff }
}

it('is asked at every step at first, then less and less, and never less than once in BACK_OFF_STEPS_MAX + 1 steps', () => {
  expect(asked(PATIENCE).asked).toBe(PATIENCE)
  const { backOff } = asked(100)
  expect(asked(9 * (BACK_OFF_STEPS_MAX + 1), backOff).asked).toBe(9)
})

it('is asked again after one step at which drafting pays', () => {
  let { backOff } = asked(60)
  while (backOff.stepsLeft > 0) backOff = nextBackOff(backOff, false)
  expect(nextBackOff(backOff, true)).toEqual(NO_BACK_OFF)
})

it('learns nothing from a step that was not the plan’s choice', () => {
  expect(nextBackOff({ plainSteps: 3, stepsLeft: 0 }, undefined)).toEqual({ plainSteps: 3, stepsLeft: 0 })
})
