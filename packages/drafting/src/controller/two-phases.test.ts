import { describe, expect, it } from 'vitest'
import { CostTable } from '../cost/index.ts'
import { Accounts, CREDIT_START, LOSS_SHARE } from './accounts.ts'
import { planDrafts } from './draft-plan.ts'
import { drawAt } from './draw.ts'
import type { ArmOption } from './offer.ts'
import { planStep } from './plan.ts'

const STEPS = 4_000
const DEPTH = 6
const TARGET_MS = (rows: number) => 8 + 0.1 * rows
const PLAIN_MS = TARGET_MS(1)

/** An arm that drafts DEPTH tokens for `ms`: each next one is right with chance `truth`, and promised with `promise`. */
interface Made {
  readonly truth: number
  readonly promise: number
  readonly ms: number
}

/** One tenant, a free arm and a priced one whose mistakes are independent, both phases, on a virtual clock. */
function serve(free: Made | undefined, priced: Made | undefined) {
  const accounts = new Accounts()
  const points = [1, 2].map((batch) => ({ batch, length: 1, ms: priced?.ms ?? 1 }))
  const target = [1, 17].map((length) => ({ batch: 1, length, ms: TARGET_MS(length) }))
  const costs = new CostTable(target, [{ static: points }])
  let [spent, tokens, trees, calls] = [0, 0, 0, 0]
  for (let step = 1; step <= STEPS; step++) {
    const creditMs = accounts.creditMs('ten_a', PLAIN_MS)
    const plan = (options: ArmOption[], spentMs: number) => ({
      sequences: [{ tenant: 'ten_a', options, creditMs: creditMs - spentMs }],
      costs,
      lookaheadMax: 12,
      draw: drawAt(21, step),
    })
    const offered = free ? [proposal('suffix', free, step, 1)] : []
    const drafting = planDrafts(plan(priced ? [...offered, forecast(priced)] : offered, 0))
    const asked = drafting.requests.length > 0 && priced
    const draftMs = asked ? priced.ms : 0
    const verified = asked ? planStep(plan([...offered, proposal('static', priced, step, 2)], draftMs)) : drafting.plan
    const { branches = [] } = verified.decisions[0] ?? {}
    const reached = branches.map(({ arm, lookahead }) => {
      const option = arm === 'suffix' ? free : priced
      return Math.min(lookahead, option ? rightUntil(option, step, arm === 'suffix' ? 1 : 2) : 0)
    })
    const committed = 1 + Math.max(0, ...reached)
    accounts.settle(verified, ['ten_a'], [committed], { draftMs })
    spent += draftMs + TARGET_MS(1 + verified.lookahead)
    tokens += committed
    trees += branches.length > 1 ? 1 : 0
    calls += asked ? 1 : 0
    expect(spent).toBeLessThanOrEqual(tokens * PLAIN_MS * (1 + LOSS_SHARE) + CREDIT_START * PLAIN_MS + 1e-6)
  }
  return { speed: (tokens * PLAIN_MS) / spent, trees, calls }
}

describe('an arm that has a price', () => {
  const good = { truth: 0.8, promise: 0.8, ms: 1 }

  it('is asked where it pays, and hardly ever where it does not', () => {
    expect(serve(undefined, good).speed).toBeGreaterThan(2)
    expect(serve(undefined, { ...good, ms: 40 }).calls).toBeLessThan(0.03 * STEPS)
    expect(serve({ truth: 0.99, promise: 0.99, ms: 0 }, good).calls).toBeLessThan(0.03 * STEPS)
  })

  it('that promises much and never delivers costs no more than the account allows', () => {
    const { speed, calls } = serve(undefined, { truth: 0, promise: 0.95, ms: 1 })
    expect(calls).toBeGreaterThan(0)
    expect(speed).toBeGreaterThan(0.97)
  })

  it('beside a free one of other mistakes makes trees that beat the better of the two by 10 %', () => {
    const free = { truth: 0.6, promise: 0.6, ms: 0 }
    const priced = { truth: 0.7, promise: 0.7, ms: 0.3 }
    const both = serve(free, priced)
    expect(both.trees).toBeGreaterThan(STEPS / 2)
    expect(both.speed).toBeGreaterThan(1.1 * Math.max(serve(free, undefined).speed, serve(undefined, priced).speed))
  })

  it('is asked beside a free one that is likelier to be right, where the tree of both is better still', () => {
    const [free, priced] = [
      { truth: 0.75, promise: 0.75, ms: 0 },
      { truth: 0.7, promise: 0.7, ms: 0.3 },
    ]
    const both = serve(free, priced)
    expect(both.trees).toBeGreaterThan(STEPS / 2)
    expect(both.speed).toBeGreaterThan(1.1 * Math.max(serve(free, undefined).speed, serve(undefined, priced).speed))
  })
})

/** Depth up to which an arm is right at a step; arms of different seeds are wrong independently. */
function rightUntil({ truth }: Made, step: number, seed: number): number {
  let depth = 0
  while (depth < DEPTH && drawAt(30 + seed, step * DEPTH + depth) < truth) depth++
  return depth
}

/** The right tokens are 0, 1, 2, …; a wrong one names its arm. */
function proposal(arm: 'suffix' | 'static', made: Made, step: number, seed: number): ArmOption {
  const right = rightUntil(made, step, seed)
  const tokens = Array.from({ length: DEPTH }, (_, depth) => (depth < right ? depth : 100 * seed + depth))
  return { arm, tokens, survival: survivalOf(made), drafted: true }
}

function forecast(made: Made): ArmOption {
  return { arm: 'static', survival: survivalOf(made), drafted: false }
}

function survivalOf({ promise }: Made): number[] {
  return Array.from({ length: DEPTH }, (_, depth) => promise ** (depth + 1))
}
