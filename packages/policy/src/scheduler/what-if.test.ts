import fc from 'fast-check'
import { expect, it } from 'vitest'
import { anyState, NOW_MS, SCARCE } from './testing/arbitrary.ts'
import { whatIf } from './what-if.ts'

it('the same rules change nothing', () => {
  fc.assert(
    fc.property(anyState, (state) => {
      expect([...whatIf({ state, nowMs: NOW_MS, rules: SCARCE }, SCARCE)]).toEqual([])
    }),
  )
})

it('without a budget the runs are gone, and with memory for all drafts go there', () => {
  const training = { ...SCARCE.training, budgetMs: 0 }
  const memory = { ...SCARCE.memory, hotBytesMax: 1e12, storeBytesMax: 1e12 }
  let [gone, hot] = [0, 0]
  fc.assert(
    fc.property(anyState, (state) => {
      for (const { topic, before, after } of whatIf(
        { state, nowMs: NOW_MS, rules: SCARCE },
        { ...SCARCE, training, memory },
      )) {
        if (topic === 'training') {
          expect([before?.kind, after?.kind]).toEqual(['train', 'wait'])
          gone++
        } else {
          expect(topic).toBe('place')
          if (after?.kind === 'keep-hot') hot++
        }
      }
    }),
    { numRuns: 300 },
  )
  expect(gone).toBeGreaterThan(20)
  expect(hot).toBeGreaterThan(20)
})
