import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CostTable } from '../cost/index.ts'
import { GAIN_MIN, planStep, type SequenceState, type StepInput } from './plan.ts'

const LINEAR = (fixed: number, perRow: number) =>
  [1, 2, 4, 8].flatMap((batch) => [1, 3, 9].map((length) => ({ batch, length, ms: fixed + perRow * batch * length })))

const survival = fc
  .array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 5 })
  .map((chances) => chances.map((_, at) => chances.slice(0, at + 1).reduce((product, each) => product * each, 1)))

const sequence = fc.record({
  tenant: fc.constantFrom('ten_a', 'ten_b'),
  options: fc.tuple(survival, survival).map(([suffix, neural]) => [
    { arm: 'suffix' as const, survival: suffix, drafted: true },
    { arm: 'static' as const, survival: neural, drafted: true },
  ]),
  creditMs: fc.constant(Number.POSITIVE_INFINITY),
})

describe('planStep', () => {
  it('finds the best goodput of all combinations of arm and lookahead, or plain decoding within the margin', () => {
    const scenario = fc.record({
      sequences: fc.array(sequence, { minLength: 1, maxLength: 3 }),
      perRow: fc.double({ min: 0.01, max: 2, noNaN: true }),
    })
    fc.assert(
      fc.property(scenario, ({ sequences, perRow }) => {
        const costs = new CostTable(LINEAR(3, perRow))
        const plan = planStep({ sequences, costs, lookaheadMax: 5, draw: 1 })
        const best = bestOfAll(sequences, costs)
        const plain = sequences.length / plan.plainMs
        const goodput = plan.expectedTokens / plan.expectedMs
        if (plan.lookahead === 0) expect(best).toBeLessThanOrEqual(plain * (1 + GAIN_MIN) + 1e-12)
        else expect(goodput).toBeCloseTo(best, 9)
      }),
      { numRuns: 300 },
    )
  })

  it('drafts nothing that the worst case could not be paid for, by any tenant in the batch', () => {
    const [rich, poor] = [offer([0.9, 0.8]), { ...offer([]), tenant: 'ten_b', creditMs: 0.05 }]
    expect(plan({ sequences: [rich] }).lookahead).toBe(2)
    expect(plan({ sequences: [rich, poor] }).lookahead).toBe(0)
    expect(plan({ sequences: [rich, { ...poor, creditMs: 1 }] }).lookahead).toBe(2)
  })

  it('does what a request forces, and lets the others use the rows that are there anyway', () => {
    const forced = { ...offer([0.01, 0.01, 0.01]), forced: { arm: 'suffix' as const, lookahead: 3 }, creditMs: 0 }
    const { decisions } = plan({ sequences: [forced, offer([0.2, 0.1, 0.05, 0.01])] })
    expect(decisions.map(({ lookahead }) => lookahead)).toEqual([3, 3])
    expect(plan({ sequences: [{ ...offer([1, 1]), forced: { arm: 'none' } }] }).lookahead).toBe(0)
    expect(plan({ sequences: [{ ...offer([1, 1]), forced: { lookahead: 0 } }] }).lookahead).toBe(0)
  })

  it('asks an arm to draft only when what it is expected to add pays for drafting', () => {
    const input = {
      sequences: [{ ...offer([]), options: [{ arm: 'static' as const, survival: [0.6, 0.4], drafted: false }] }],
    }
    expect(plan({ ...input, costs: tableWithDraft(0.1) }).decisions[0]).toMatchObject({ arm: 'static', lookahead: 2 })
    expect(plan({ ...input, costs: tableWithDraft(5) }).decisions[0]).toMatchObject({ arm: 'none', lookahead: 0 })
  })

  it('explores a short proposal when the draw says so and credit allows', () => {
    const hopeless = offer([0.01, 0.01, 0.01])
    expect(plan({ sequences: [hopeless], draw: 0.5 })).toMatchObject({ lookahead: 0, explored: false })
    expect(plan({ sequences: [hopeless], draw: 0 })).toMatchObject({ lookahead: 2, explored: true })
    expect(plan({ sequences: [{ ...hopeless, creditMs: 0.1 }], draw: 0 })).toMatchObject({ lookahead: 0 })
  })

  it('says why in one sentence', () => {
    const reasons = [offer([0.9]), offer([])].map((each) => plan({ sequences: [each] }).decisions[0]?.reason())
    expect(reasons[0]).toBe(
      'Drafting 1 suffix token, 1.90 expected to commit; 586 tokens/s expected against 321 plain at batch 1.',
    )
    expect(reasons[1]).toBe('Plain decoding: no proposal was likely enough to pay for its rows.')
  })
})

function offer(survival: readonly number[]): SequenceState {
  return { tenant: 'ten_a', options: [{ arm: 'suffix', survival, drafted: true }], creditMs: 100 }
}

function plan(input: Partial<StepInput> & Pick<StepInput, 'sequences'>) {
  return planStep({ costs: new CostTable(LINEAR(3, 0.12)), lookaheadMax: 8, draw: 1, ...input })
}

function tableWithDraft(ms: number): CostTable {
  return new CostTable(LINEAR(3, 0.12), { static: [{ batch: 1, length: 1, ms }] })
}

/** Every assignment of (arm, lookahead) to sequences, one by one. */
function bestOfAll(sequences: readonly SequenceState[], costs: CostTable): number {
  const choices = sequences.map(({ options }) => [
    { tokens: 1, lookahead: 0 },
    ...options.flatMap(({ survival }) =>
      survival.map((_, at) => ({
        tokens: 1 + survival.slice(0, at + 1).reduce((a, b) => a + b, 0),
        lookahead: at + 1,
      })),
    ),
  ])
  let assignments: { tokens: number; lookahead: number }[] = [{ tokens: 0, lookahead: 0 }]
  for (const each of choices) {
    assignments = assignments.flatMap((so) =>
      each.map((choice) => ({
        tokens: so.tokens + choice.tokens,
        lookahead: Math.max(so.lookahead, choice.lookahead),
      })),
    )
  }
  const batch = sequences.length
  return Math.max(...assignments.map(({ tokens, lookahead }) => tokens / costs.targetMs(batch, 1 + lookahead)))
}
