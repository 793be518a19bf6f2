import fc from 'fast-check'
import { expect, it } from 'vitest'
import { exampleTrace } from '../testing/traces.ts'
import type { ReplayedTrace } from '../train/replay.ts'
import { bestLookahead, expectedGoodput, expectedMs, type StepCosts } from './goodput.ts'

const DEPTH = 6

/** Traces with what would have been accepted at each place, as far as there are tokens to come. */
const replays = fc
  .array(fc.array(fc.nat(DEPTH), { minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 5 })
  .map((all) =>
    all.map((accepted): ReplayedTrace => {
      const tokens = accepted.length
      const taken = Uint8Array.from(accepted, (count, at) => Math.min(count, tokens - at))
      return { trace: exampleTrace({ tokens }), first: 0, accepted: taken, confidence: new Float32Array() }
    }),
  )
const costs: StepCosts = { targetMs: (rows) => 3 + 0.2 * rows, draftMs: (lookahead) => 0.3 + 0.1 * lookahead }

it('without drafting each token takes a plain run', () => {
  fc.assert(
    fc.property(replays, (all) => {
      expect(expectedGoodput(all, 0, costs)).toBeCloseTo(1 / costs.targetMs(1), 9)
    }),
  )
})

it('is never better with a dearer target or draft, nor than with the best lookahead', () => {
  const dearer: StepCosts = {
    targetMs: (rows) => costs.targetMs(rows) + 0.5,
    draftMs: (lookahead) => costs.draftMs(lookahead) * 1.5,
  }
  fc.assert(
    fc.property(replays, fc.integer({ min: 1, max: DEPTH }), (all, lookahead) => {
      expect(expectedGoodput(all, lookahead, dearer)).toBeLessThan(expectedGoodput(all, lookahead, costs))
      const best = bestLookahead(all, DEPTH, costs)
      expect(best.goodput).toBeGreaterThanOrEqual(expectedGoodput(all, lookahead, costs))
      expect(best.goodput).toBe(expectedGoodput(all, best.lookahead, costs))
    }),
  )
})

it('prices a step by its chain and the run over it; the first of a prompt of one token drafts nothing', () => {
  const trace = exampleTrace({ prompt: 1, tokens: 5 })
  // A plain step, then one that has two of its two tokens taken, then one for what is left.
  const replayed = { trace, first: 1, accepted: Uint8Array.of(2, 0, 0, 0), confidence: new Float32Array() }
  expect(expectedMs(replayed, 2, costs)).toBeCloseTo(costs.targetMs(1) + 2 * (costs.draftMs(2) + costs.targetMs(3)), 9)
})
