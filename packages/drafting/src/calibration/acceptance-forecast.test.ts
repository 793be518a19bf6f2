import fc from 'fast-check'
import { expect, it } from 'vitest'
import { drawAt } from '../controller/draw.ts'
import { FREE_OPINIONS, type FreeOpinion } from '../free-opinion.ts'
import { AcceptanceForecast } from './acceptance-forecast.ts'

/** Chains whose next token is right with chance `truth(position)`, judged up to the first wrong one. */
function teach(forecast: AcceptanceForecast, truth: (position: number) => number, seed: number, opinion?: FreeOpinion) {
  for (let chain = 0; chain < 300; chain++) {
    for (let position = 0; position < 8; position++) {
      const taken = drawAt(seed, 8 * chain + position) < truth(position)
      forecast.observe(position, taken, opinion)
      if (!taken) break
    }
  }
}

it('promises what the card says before anything was asked', () => {
  const forecast = new AcceptanceForecast([0.9, 0.5])
  for (const [position, survival] of [0.9, 0.45, 0.225].entries()) {
    expect(forecast.survival(3)[position]).toBeCloseTo(survival, 10)
    expect(forecast.survival(3, 'unsure')[position]).toBeCloseTo(survival, 10)
  }
  expect(forecast.survival(0)).toEqual([])
})

it('promises what was taken of late', () => {
  const forecast = new AcceptanceForecast([0.9])
  for (let n = 0; n < 400; n++) forecast.observe(0, drawAt(4, n) < 0.3)
  expect(Math.abs((forecast.survival(1)[0] ?? 0) - 0.3)).toBeLessThan(0.12)
  for (let n = 0; n < 400; n++) forecast.observe(0, true)
  expect(forecast.survival(1)[0]).toBeGreaterThan(0.95)
})

it('does not promise long chains on the word of the card where the first tokens are doubtful', () => {
  const card = [0.78, 0.83, 0.87, 0.89, 0.91, 0.91, 0.92, 0.94]
  const forecast = new AcceptanceForecast(card)
  teach(forecast, () => 0.45, 7)
  const survival = forecast.survival(8)
  const expected = survival.reduce((sum, each) => sum + each, 0)
  expect(expected).toBeGreaterThan(0.6)
  expect(expected).toBeLessThan(1.1) // 0.45 + 0.45² + … = 0.82; by the card's last positions it would be 1.5
})

it('promises less where the free arm says nothing, if such places have been harder', () => {
  const forecast = new AcceptanceForecast([0.7])
  teach(forecast, () => 0.3, 1, 'nothing')
  teach(forecast, () => 0.8, 2, 'sure')
  expect(Math.abs((forecast.survival(1, 'nothing')[0] ?? 0) - 0.3)).toBeLessThan(0.12)
  expect(Math.abs((forecast.survival(1, 'sure')[0] ?? 0) - 0.8)).toBeLessThan(0.12)
})

it('takes a gate’s word for the card’s without forgetting what it saw', () => {
  const forecast = new AcceptanceForecast([0.9, 0.9])
  for (let n = 0; n < 400; n++) forecast.observe(0, drawAt(9, n) < 0.5)
  forecast.expect([0.5, 0.2])
  expect(Math.abs((forecast.survival(1)[0] ?? 0) - 0.5)).toBeLessThan(0.12)
  const [first = 0, second = 0] = forecast.survival(2)
  expect(second / first).toBeLessThan(0.35)
})

it('whatever it is told, promises a survival that is one and never increases', () => {
  const acceptance = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 })
  const outcome = fc.tuple(fc.nat(40), fc.boolean(), fc.constantFrom(undefined, ...FREE_OPINIONS), fc.nat(300))
  fc.assert(
    fc.property(acceptance, fc.array(outcome, { maxLength: 30 }), (card, seen) => {
      const forecast = new AcceptanceForecast(card)
      for (const [position, taken, opinion, times] of seen) {
        for (let n = 0; n < times; n++) forecast.observe(position, taken, opinion)
      }
      for (const opinion of [undefined, ...FREE_OPINIONS]) {
        for (const [at, survival] of forecast.survival(24, opinion).entries()) {
          expect(survival).toBeGreaterThanOrEqual(0)
          expect(survival).toBeLessThanOrEqual(forecast.survival(24, opinion)[at - 1] ?? 1)
        }
      }
    }),
  )
})
