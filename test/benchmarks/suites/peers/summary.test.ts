import { expect, it } from 'vitest'
import type { Timed } from './contender.ts'
import { planRequests } from './requests.ts'
import { settingsFor } from './settings.ts'
import { agreeing, bestPair } from './summary.ts'

/** Ten tokens in so many milliseconds. */
const took = (...ms: number[]): Timed[] => ms.map((each) => ({ tokens: Array.from({ length: 10 }, () => 7), ms: each }))

it('compares with whichever of their configurations is hardest to beat', () => {
  const timings = new Map([
    ['auto', took(10, 20, 30)],
    ['llama.cpp plain', took(30, 60, 90)],
    ['llama.cpp lookup', took(20, 40, 600)],
  ])
  expect(bestPair(timings, ['auto'])).toEqual({ ours: 'auto', theirs: 'llama.cpp lookup', ratio: 2 })
})

it('takes the better of two of our ways, and says which', () => {
  const timings = new Map([
    ['adaptive', took(10, 10, 10)],
    ['auto', took(5, 5, 5)],
    ['llama.cpp plain', took(20, 20, 20)],
  ])
  expect(bestPair(timings, ['adaptive', 'auto'])).toMatchObject({ ours: 'auto', ratio: 4 })
  expect(bestPair(new Map([['auto', took(5)]]), ['auto'])).toBeUndefined()
})

it('counts an answer that differs in one token as another answer', () => {
  const other = took(1, 1)
  const [first] = other
  const timings = new Map([
    ['none', took(1, 1)],
    ['llama.cpp plain', [...(first ? [first] : []), { tokens: [7, 7, 8], ms: 1 }]],
  ])
  expect(agreeing(timings, 'llama.cpp plain')).toBe(0.5)
})

it.each([true, false])('asks no tenant for a counted answer twice (reference target: %s)', (isReference) => {
  const settings = settingsFor({ isReference }, true)
  const heldOut = new Map(
    settings.tenants.map((domain, tenant) => [
      domain,
      Array.from({ length: settings.learning.heldOut }, (_, index) => ({ prompt: Int32Array.of(tenant, index) })),
    ]),
  )
  const { singly, warmUp, rounds } = planRequests(heldOut, settings)
  const counted = [...singly.slice(warmUp), ...rounds.slice(1).flat()].map(({ prompt }) => prompt.join())
  expect(new Set(counted).size).toBe(counted.length)
  expect(counted.length).toBe(
    settings.tenants.length * settings.learning.measured + settings.rounds * settings.requestsPerRound,
  )
  expect(singly.slice(0, warmUp)).toEqual(rounds[0])
})
