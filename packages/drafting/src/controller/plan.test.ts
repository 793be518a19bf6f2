import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CostTable } from '../cost/index.ts'
import { mergeChains, treeSurvival } from '../tree/index.ts'
import { FORCED_LOOKAHEAD, planDrafts } from './draft-plan.ts'
import type { DraftedOption, ForecastOption, SequenceState } from './offer.ts'
import { GAIN_MIN, planStep, type StepInput } from './plan.ts'

const LINEAR = (fixed: number, perRow: number) =>
  [1, 2, 4, 8].flatMap((batch) => [1, 3, 9].map((length) => ({ batch, length, ms: fixed + perRow * batch * length })))

/** Tokens from two, so that two arms often begin alike and then part. */
const drafted = fc
  .array(fc.record({ token: fc.nat(1), chance: fc.double({ min: 0, max: 1, noNaN: true }) }), { maxLength: 4 })
  .map((links) => ({
    tokens: links.map(({ token }) => token),
    survival: links.map((_, at) => links.slice(0, at + 1).reduce((product, { chance }) => product * chance, 1)),
    drafted: true as const,
  }))

const sequence = fc.record({
  tenant: fc.constantFrom('ten_a', 'ten_b'),
  options: fc.tuple(drafted, drafted).map(([suffix, neural]): DraftedOption[] => [
    { arm: 'suffix', ...suffix },
    { arm: 'static', ...neural },
  ]),
  creditMs: fc.constant(Number.POSITIVE_INFINITY),
})

describe('planStep', () => {
  it.each([
    ['every sequence pays for the longest', false],
    ['each row is paid for once', true],
  ])('finds the best goodput of all combinations of trees where %s, or plain within the margin', (_, ragged) => {
    const scenario = fc.record({
      sequences: fc.array(sequence, { minLength: 1, maxLength: 3 }),
      perRow: fc.double({ min: 0.01, max: 2, noNaN: true }),
    })
    fc.assert(
      fc.property(scenario, ({ sequences, perRow }) => {
        const costs = new CostTable(LINEAR(3, perRow))
        const plan = planStep({ sequences, costs, ragged, lookaheadMax: 8, draw: 1 })
        const best = bestOfAll(sequences, costs, ragged)
        const plain = sequences.length / plan.plainMs
        const goodput = plan.expectedTokens / plan.expectedMs
        if (plan.lookahead === 0) expect(best).toBeLessThanOrEqual(plain * (1 + GAIN_MIN) + 1e-12)
        else expect(goodput).toBeCloseTo(best, 9)
      }),
      { numRuns: 200 },
    )
  })

  it('gives rows only to the sequence where they are worth it, where each row is paid for once', () => {
    const unlikely = offer([0.02, 0.01])
    const { decisions } = plan({ sequences: [unlikely, offer([0.9, 0.8, 0.7, 0.01])], ragged: true })
    expect(decisions.map(({ lookahead }) => lookahead)).toEqual([0, 3])
    const asked = { ...offer([]), options: [forecast('static', [0.9, 0.8])] }
    const shared = { sequences: [asked, unlikely], ragged: true }
    expect(drafts(shared).requests).toEqual([{ sequence: 0, arm: 'static', lookahead: 2 }])
    expect(drafts({ ...shared, costs: tableWithDraft(5) }).requests).toEqual([])
  })

  it('does what a request forces, and lets the others be, where each row is paid for once', () => {
    const forced = { ...offer([0.01, 0.01, 0.01]), forced: { arm: 'suffix' as const, lookahead: 3 }, creditMs: 0 }
    const { decisions } = plan({ sequences: [forced, offer([0.02])], ragged: true })
    expect(decisions.map(({ lookahead }) => lookahead)).toEqual([3, 0])
  })

  it('drafts nothing that the worst case could not be paid for, by any tenant in the batch', () => {
    const [rich, poor] = [offer([0.9, 0.8]), { ...offer([]), tenant: 'ten_b', creditMs: 0.05 }]
    expect(plan({ sequences: [rich] }).lookahead).toBe(2)
    expect(plan({ sequences: [rich, poor] }).lookahead).toBe(0)
    expect(plan({ sequences: [rich, { ...poor, creditMs: 1 }] }).lookahead).toBe(2)
  })

  it('lets tokens that can not be rejected pay for their rows, and for others as far as they save a step', () => {
    const broke = { ...offer([1, 1, 0.9]), creditMs: 0 }
    expect(plan({ sequences: [broke] }).lookahead).toBe(3)
    expect(plan({ sequences: [{ ...broke, options: [option([0.99, 0.99, 0.9])] }] }).lookahead).toBe(0)
    const beside = { ...offer([]), tenant: 'ten_b', creditMs: 0 }
    expect(plan({ sequences: [broke, beside] }).lookahead).toBe(0)
  })

  it('does what a request forces, and lets the others use the rows that are there anyway', () => {
    const forced = { ...offer([0.01, 0.01, 0.01]), forced: { arm: 'suffix' as const, lookahead: 3 }, creditMs: 0 }
    const { decisions } = plan({ sequences: [forced, offer([0.2, 0.1, 0.05, 0.01])] })
    expect(decisions.map(({ lookahead }) => lookahead)).toEqual([3, 3])
    expect(plan({ sequences: [{ ...offer([1, 1]), forced: { arm: 'none' } }] }).lookahead).toBe(0)
    expect(plan({ sequences: [{ ...offer([1, 1]), forced: { lookahead: 0 } }] }).lookahead).toBe(0)
  })

  it('verifies two arms side by side where they part and both may be right, and one where they agree', () => {
    const suffix = { ...option([0.5, 0.1]), tokens: [7, 8] }
    const neural = { ...option([0.45, 0.4]), arm: 'static' as const, tokens: [7, 9] }
    const [apart, alike] = [{ ...neural, tokens: [1, 2] }, neural].map(
      (other) => plan({ sequences: [{ ...offer([]), options: [suffix, other] }], lookaheadMax: 3 }).decisions[0],
    )
    expect(apart).toMatchObject({
      arm: 'static',
      lookahead: 3,
      branches: [
        { arm: 'static', lookahead: 2 },
        { arm: 'suffix', lookahead: 1 },
      ],
    })
    expect(apart?.reason()).toMatch(/^Drafting 2 static tokens beside 1 suffix token, 2\.\d+ expected to commit; /)
    expect(alike?.branches).toContainEqual({ arm: 'static', lookahead: 2 })
    expect(alike?.expectedTokens).toBeCloseTo(1 + 0.5 + 0.4 + 0.1, 9)
    const same = { ...offer([]), options: [suffix, { ...suffix, arm: 'static' as const }] }
    expect(plan({ sequences: [same] }).decisions[0]).toMatchObject({ branches: [{ arm: 'suffix', lookahead: 2 }] })
  })

  it('verifies a token beside one of the chain where that is likelier than the chain’s next', () => {
    const alternatives = [
      { after: 0, tokens: [50], survival: [0.3] },
      { after: 1, tokens: [51], survival: [0.01] },
    ]
    const static_ = { ...option([0.5, 0.25, 0.05]), arm: 'static' as const, alternatives }
    const [decision] = plan({ sequences: [{ ...offer([]), options: [static_] }], lookaheadMax: 3 }).decisions
    expect(decision).toMatchObject({ lookahead: 3, expectedTokens: 1 + 0.5 + 0.25 + 0.3 })
    expect(decision?.branches).toEqual([
      { arm: 'static', lookahead: 2 },
      { arm: 'static', lookahead: 1, alternative: 0 },
    ])
  })

  it('verifies what goes on from a chain behind it, and beside it says what its arm proposed', () => {
    const alternatives = [{ after: 2, tokens: [60, 61], survival: [0.7, 0.6] }]
    const static_ = { ...option([0.9, 0.8]), arm: 'static' as const, alternatives }
    const [decision] = plan({ sequences: [{ ...offer([]), options: [static_] }], lookaheadMax: 4 }).decisions
    expect(decision).toMatchObject({ lookahead: 4, expectedTokens: 1 + 0.9 + 0.8 + 0.7 + 0.6 })
    expect(decision?.branches).toEqual([
      { arm: 'static', lookahead: 4, alternative: 0 },
      { arm: 'static', lookahead: 2 },
    ])
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

describe('planDrafts', () => {
  const unasked = { ...offer([]), options: [forecast('static', [0.6, 0.4])] }
  const both = { ...unasked, options: [forecast('static', [0.6, 0.4]), forecast('adaptive', [0.7, 0.6, 0.5])] }

  it('asks an arm to draft only when what it is expected to add pays for drafting', () => {
    const requests = (ms: number) => drafts({ sequences: [unasked], costs: tableWithDraft(ms) }).requests
    expect(requests(0.1)).toEqual([{ sequence: 0, arm: 'static', lookahead: 2 }])
    expect(requests(5)).toEqual([])
  })

  it('asks each sequence the arm that is expected to go furthest there, and none where a free proposal does', () => {
    const { requests } = drafts({
      sequences: [unasked, both, { ...both, options: [...both.options, option([0.9, 0.9, 0.9])] }],
    })
    expect(requests).toEqual([
      { sequence: 0, arm: 'static', lookahead: 2 },
      { sequence: 1, arm: 'adaptive', lookahead: 3 },
    ])
  })

  it('asks an arm for one sequence where another is forced to more rows than it would use', () => {
    const forced = { ...offer([0.1, 0.1, 0.1, 0.1, 0.1, 0.1]), forced: { lookahead: 6 } }
    expect(drafts({ sequences: [forced, unasked] }).requests).toEqual([{ sequence: 1, arm: 'static', lookahead: 2 }])
  })

  it('asks a forced arm whatever it costs and however little it promises, as far as the request says', () => {
    const hopeless = { ...offer([]), options: [forecast('static', [0.01]), forecast('adaptive', [0.9])], creditMs: 0 }
    const asked = (forced: SequenceState['forced']) =>
      drafts({ sequences: [{ ...hopeless, ...(forced ? { forced } : {}) }], costs: tableWithDraft(50) }).requests
    expect(asked({ arm: 'static' })).toEqual([{ sequence: 0, arm: 'static', lookahead: FORCED_LOOKAHEAD }])
    expect(asked({ arm: 'static', lookahead: 6 })).toEqual([{ sequence: 0, arm: 'static', lookahead: 6 }])
    expect(asked({ lookahead: 3 })).toEqual([{ sequence: 0, arm: 'adaptive', lookahead: 3 }])
    expect(asked({ arm: 'none' })).toEqual([])
    expect(asked({ arm: 'static', lookahead: 0 })).toEqual([])
    expect(asked({ arm: 'suffix' })).toEqual([])
    expect(asked(undefined)).toEqual([])
  })

  it('now and then lets an arm that was not chosen draft beside the one that was, where credit allows', () => {
    const look = { sequence: 0, arm: 'static', lookahead: 2 }
    expect(drafts({ sequences: [both], draw: 0.5 }).requests).not.toContainEqual(look)
    expect(drafts({ sequences: [both], draw: 0 })).toMatchObject({ explored: true, plan: { explored: false } })
    expect(drafts({ sequences: [both], draw: 0 }).requests).toContainEqual(look)
    expect(drafts({ sequences: [both], draw: 0, costs: tableWithDraft(0.1, 400) }).requests).not.toContainEqual(look)
  })

  it('explores each arm that is not worth asking, in turns', () => {
    const hopeless = {
      ...offer([0.03]),
      options: [option([0.03]), forecast('static', [0.01]), forecast('adaptive', [0.01])],
    }
    const arms = [0, 0.007, 0.014].map((draw) => {
      const { requests, plan: step } = drafts({ sequences: [hopeless], draw })
      return requests[0]?.arm ?? step.decisions[0]?.arm
    })
    expect(arms).toEqual(['suffix', 'static', 'adaptive'])
  })
})

function option(survival: readonly number[]): DraftedOption {
  return { arm: 'suffix', survival, tokens: survival.map((_, at) => at), drafted: true }
}

function forecast(arm: ForecastOption['arm'], survival: readonly number[]): ForecastOption {
  return { arm, survival, drafted: false }
}

function offer(survival: readonly number[]): SequenceState {
  return { tenant: 'ten_a', options: [option(survival)], creditMs: 100 }
}

type Some = Partial<StepInput> & Pick<StepInput, 'sequences'>

function plan(input: Some) {
  return planStep({ costs: new CostTable(LINEAR(3, 0.12)), lookaheadMax: 8, draw: 1, ...input })
}

function drafts(input: Some) {
  return planDrafts({ costs: tableWithDraft(0.1), lookaheadMax: 8, draw: 1, ...input })
}

/** One call drafts any number of tokens in `ms`, for each further sequence in `more`. */
function tableWithDraft(ms: number, more = 0): CostTable {
  const points = [1, 2].map((batch) => ({ batch, length: 1, ms: ms + more * (batch - 1) }))
  return new CostTable(LINEAR(3, 0.12), [{ static: points, adaptive: points }])
}

/** Every assignment of subtrees to sequences, one by one. */
function bestOfAll(
  sequences: readonly { options: readonly DraftedOption[] }[],
  costs: CostTable,
  ragged: boolean,
): number {
  let assignments = new Map([[0, 0]]) // most tokens by longest lookahead, or by all rows
  for (const { options } of sequences) {
    const next = new Map<number, number>()
    for (const [rows, tokens] of assignments) {
      for (const [nodes, own] of subtreesOf(options)) {
        const together = ragged ? rows + nodes : Math.max(rows, nodes)
        next.set(together, Math.max(next.get(together) ?? 0, tokens + own))
      }
    }
    assignments = next
  }
  const batch = sequences.length
  const ms = (rows: number) => costs.targetMs(batch, 1 + (ragged ? rows / batch : rows))
  return Math.max(...[...assignments].map(([rows, tokens]) => tokens / ms(rows)))
}

/** [nodes, expected tokens] of every subtree of two chains. */
function subtreesOf(options: readonly DraftedOption[]): [number, number][] {
  const tree = mergeChains(options.map(({ tokens }) => tokens))
  const survival = treeSurvival(
    tree,
    options.map((each) => each.survival),
  )
  const [first = [], second = []] = tree.chains
  return Array.from({ length: first.length + 1 }, (_, a) => a).flatMap((a) =>
    Array.from({ length: second.length + 1 }, (_, b): [number, number] => {
      const nodes = new Set([...first.slice(0, a), ...second.slice(0, b)])
      return [nodes.size, [...nodes].reduce((sum, node) => sum + (survival[node] ?? 0), 1)]
    }),
  )
}
