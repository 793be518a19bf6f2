import { describe, expect, it } from 'vitest'
import { CostTable } from '../cost/index.ts'
import { Accounts } from './accounts.ts'
import { planStep } from './plan.ts'

const costs = new CostTable([1, 9].map((length) => ({ batch: 1, length, ms: 3 + length })))
const survival = [0.9, 0.8, 0.7, 0.6]

function plan(creditMs: number, forced?: { lookahead: number }) {
  const options = [{ arm: 'suffix' as const, tokens: [1, 2, 3, 4], survival, drafted: true as const }]
  const sequence = { tenant: 'ten_a', options, creditMs, ...(forced && { forced }) }
  return planStep({ sequences: [sequence], costs, lookaheadMax: 8, draw: 1 })
}

describe('what a request forces', () => {
  it('leaves no debt, so that the controller drafts again right after it', () => {
    const accounts = new Accounts()
    const before = accounts.creditMs('ten_a', 4)
    for (let step = 0; step < 500; step++) {
      accounts.settle(plan(before, { lookahead: 4 }), ['ten_a'], [1], { draftMs: 2, forced: true })
    }
    expect(accounts.creditMs('ten_a', 4)).toBe(before)
    expect(plan(accounts.creditMs('ten_a', 4)).lookahead).toBe(4)
  })

  it('earns what it commits, as any step does', () => {
    const accounts = new Accounts()
    const before = accounts.creditMs('ten_a', 4)
    accounts.settle(plan(before, { lookahead: 4 }), ['ten_a'], [5], { forced: true })
    expect(accounts.creditMs('ten_a', 4)).toBeGreaterThan(before + 4)
  })
})

it('what was drafted by choice and rejected is paid for', () => {
  const accounts = new Accounts()
  const before = accounts.creditMs('ten_a', 4)
  accounts.settle(plan(before), ['ten_a'], [1], { draftMs: 2 })
  expect(accounts.creditMs('ten_a', 4)).toBeLessThan(before - 5)
})
