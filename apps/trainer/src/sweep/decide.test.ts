import type { SegmentInfo } from '@foretoken/learning'
import { describe, expect, it } from 'vitest'
import { decideSweep, type TenantFacts } from './decide.ts'

const rules = { trainAfterTokens: 100, keepTokens: 200, forgetMarginMs: 10 }
const tenant: TenantFacts = { active: true, learning: true, forgottenMs: 0, seenUntil: null }

/** Segments of 40 tokens, written at 100, 200, … */
const segments = (count: number): SegmentInfo[] =>
  Array.from({ length: count }, (_, i) => {
    return { key: `traces/ten_a/${i + 1}`, tenant: 'ten_a', tokens: 40, writtenMs: (i + 1) * 100 }
  })

const decide = (count: number, facts: TenantFacts | null) => {
  const { remove, ...decision } = decideSweep(segments(count), facts, rules)
  return { ...decision, remove: remove.map(({ key }) => key.replace('traces/ten_a/', '')) }
}

describe('a sweep', () => {
  it('starts a run when there are enough tokens that no run has seen', () => {
    expect(decide(2, tenant)).toEqual({ newTokens: 80, train: false, remove: [] })
    expect(decide(3, tenant)).toEqual({ newTokens: 120, train: true, remove: [] })
    expect(decide(3, { ...tenant, seenUntil: 'traces/ten_a/1' })).toMatchObject({ newTokens: 80, train: false })
    expect(decide(4, { ...tenant, seenUntil: 'traces/ten_a/1' })).toMatchObject({ newTokens: 120, train: true })
  })

  it('leaves nothing of a tenant that opted out, and never trains it', () => {
    expect(decide(3, { ...tenant, learning: false })).toEqual({ newTokens: 0, train: false, remove: ['1', '2', '3'] })
  })

  it('leaves nothing from before a tenant was forgotten, written a little later or not', () => {
    expect(decide(4, { ...tenant, forgottenMs: 195 })).toEqual({ newTokens: 80, train: false, remove: ['1', '2'] })
    expect(decide(4, { ...tenant, forgottenMs: 185 }).remove).toEqual(['1'])
  })

  it('removes what no run will read again, and keeps learning from the rest', () => {
    expect(decide(7, tenant)).toEqual({ newTokens: 280, train: true, remove: ['1', '2'] })
  })

  it('trains no tenant that was revoked, and touches nothing of one that it does not know', () => {
    expect(decide(4, { ...tenant, active: false })).toMatchObject({ train: false, remove: [] })
    expect(decide(9, null)).toEqual({ newTokens: 0, train: false, remove: [] })
  })
})
