import { describe, expect, it } from 'vitest'
import { DEFAULT_RULES } from '../rules.ts'
import type { TenantState } from '../state.ts'
import { TenantRecord } from '../testing/tenant-record.ts'
import { chooseRuns } from './choose-runs.ts'
import { expectationsOf, learnedShare } from './gain.ts'
import { valueOfTraining } from './value.ts'

const DAY_MS = 24 * 3_600 * 1_000
const NOW_MS = 100 * DAY_MS

function tenant(changes: Partial<TenantState> = {}): TenantState {
  const record = Object.assign(new TenantRecord('ten_a'), {
    requestsPerDay: 1_000,
    tokensPerDay: 100_000,
    targetMsPerDay: 300_000,
    tokensNew: 20_000,
    tokensUsable: 20_000,
    requestsUsable: 200,
  })
  return Object.assign(record, changes)
}

const value = (state: TenantState, others: readonly TenantState[] = []) =>
  valueOfTraining(state, expectationsOf([state, ...others]), NOW_MS, DEFAULT_RULES)

const outcome = (promoted: boolean, gain: number) => ({ atMs: NOW_MS - DAY_MS, promoted, gain, tokens: 20_000 })

describe('the value of training', () => {
  it('grows with traffic and with tokens, and is what is saved times its chance less the cost', () => {
    const { savedMs, probability, costMs, valueMs } = value(tenant())
    expect(valueMs).toBeCloseTo(savedMs * probability - costMs)
    expect(value(tenant({ targetMsPerDay: 600_000 })).savedMs).toBeCloseTo(2 * savedMs)
    expect(value(tenant({ tokensUsable: 5_000 })).gain).toBeLessThan(value(tenant()).gain)
    expect(value(tenant({ tokensUsable: 5_000 })).costMs).toBeLessThan(costMs)
  })

  it('falls with each rejection, and what a gate has measured outweighs what others gained', () => {
    const others = Array.from({ length: 20 }, () => tenant({ outcomes: [outcome(true, 0.2)] }))
    const once = value(tenant({ outcomes: [outcome(false, 0.01)] }), others)
    const twice = value(tenant({ outcomes: [outcome(false, 0.01), outcome(false, 0.01)] }), others)
    expect(once.savedMs).toBeLessThan(0.4 * value(tenant(), others).savedMs)
    expect(twice.probability).toBeLessThan(once.probability)
  })

  it('learns from the population how often runs succeed where the static draft does as well', () => {
    const steps = { fast: 4, slow: 4, count: 1_000 }
    const known = Array.from({ length: 30 }, () => tenant({ static: steps, outcomes: [outcome(false, 0)] }))
    const unseen = Array.from({ length: 30 }, () => tenant({ outcomes: [outcome(true, 0.2)] }))
    const all = [...known, ...unseen]
    expect(value(tenant({ static: steps }), all).probability).toBeLessThan(0.2)
    expect(value(tenant(), all).probability).toBeGreaterThan(0.8)
  })

  it('is little for a tenant whose draft already gives what a new one would', () => {
    const live = { version: 1, sinceMs: 0, bytes: 6e5, cheapBytes: 8e3, place: 'hot', previousStored: false } as const
    const served = tenant({ live, arm: 'adaptive', outcomes: [outcome(true, 0.2)] })
    expect(value(served).valueMs).toBeLessThan(0)
  })

  it('is better later while tokens come quickly, and better now when they are all there', () => {
    const few = value(tenant({ tokensUsable: 1_500, tokensPerDay: 500_000 }))
    expect(few.laterMs).toBeGreaterThan(few.valueMs)
    expect(value(tenant()).laterMs).toBe(Number.NEGATIVE_INFINITY)
  })
})

it('the learned share fits what was measured of tenants that were new to the static draft', () => {
  // Share of the gain of acceptance at 20 thousand tokens: sql, toolcall, intent, extract.
  const measured = { 1000: [0.41, 0.54, 0.41, 0.6], 5000: [0.73, 0.66, 0.62, 0.71], 10000: [0.81, 0.84, 0.76, 0.78] }
  for (const [tokens, shares] of Object.entries(measured)) {
    const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length
    expect(Math.abs(learnedShare(Number(tokens)) - mean)).toBeLessThan(0.06)
  }
})

describe('the choice of runs', () => {
  const rules = (budgetMs: number) => ({
    ...DEFAULT_RULES,
    training: { ...DEFAULT_RULES.training, budgetMs, periodMs: DAY_MS, roundMs: DAY_MS, agedRounds: 3 },
  })
  const choose = (tenants: readonly TenantState[], budgetMs: number) =>
    chooseRuns({ tenants, budget: { periodStartMs: NOW_MS, spentMs: 0 } }, NOW_MS, rules(budgetMs)).grounds

  it('takes orders first, then who waited longest, then who saves most for what it costs', () => {
    const small = tenant({ targetMsPerDay: 300_000 })
    const large = tenant({ targetMsPerDay: 900_000 })
    const aged = tenant({ targetMsPerDay: 0, enoughSinceMs: NOW_MS - 4 * DAY_MS })
    const ordered = tenant({ targetMsPerDay: 0, control: 'ordered' })
    const all = [small, large, aged, ordered]
    expect([...choose(all, 16_000)]).toEqual([[3, 'ordered']])
    expect([...choose(all, 31_000)]).toEqual([
      [3, 'ordered'],
      [2, 'aged'],
    ])
    expect([...choose(all, 46_000)]).toEqual([
      [3, 'ordered'],
      [2, 'aged'],
      [1, 'worth'],
    ])
    expect([...choose(all, 99_000)].length).toBe(4)
  })

  it('weighs by plan', () => {
    const tenants = [tenant({ plan: 'free' }), tenant({ plan: 'priority' })]
    expect([...choose(tenants, 16_000).keys()]).toEqual([1])
  })

  it('saves up for who is next instead of letting a cheaper one pass', () => {
    const ordered = tenant({ control: 'ordered' })
    expect(choose([tenant({ tokensUsable: 2_000, tokensPerDay: 0 }), ordered], 10_000).size).toBe(0)
  })
})
