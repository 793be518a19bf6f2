import type { SegmentInfo } from '@foretoken/learning'
import { describe, expect, it } from 'vitest'
import { decideSweep, type TenantFacts } from './decide.ts'

const rules = { keepTokens: 200, forgetMarginMs: 10 }
const tenant: TenantFacts = { learning: true, forgottenMs: 0, seenUntil: null }

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
  it('counts what there is, and what no run has seen', () => {
    expect(decide(3, tenant)).toEqual({ tokens: 120, newTokens: 120, unjudgedTokens: 0, remove: [] })
    expect(decide(3, { ...tenant, seenUntil: 'traces/ten_a/1' })).toMatchObject({ tokens: 120, newTokens: 80 })
  })

  it('counts what came since its draft on trial was judged, where it has one', () => {
    expect(decide(3, { ...tenant, judgedUntil: 'traces/ten_a/2' })).toMatchObject({
      newTokens: 120,
      unjudgedTokens: 40,
    })
    expect(decide(3, { ...tenant, judgedUntil: null }).unjudgedTokens).toBe(120)
  })

  it('leaves nothing of a tenant that opted out', () => {
    expect(decide(3, { ...tenant, learning: false })).toEqual({
      tokens: 0,
      newTokens: 0,
      unjudgedTokens: 0,
      remove: ['1', '2', '3'],
    })
  })

  it('leaves nothing from before a tenant was forgotten, written a little later or not', () => {
    expect(decide(4, { ...tenant, forgottenMs: 195 })).toEqual({
      tokens: 80,
      newTokens: 80,
      unjudgedTokens: 0,
      remove: ['1', '2'],
    })
    expect(decide(4, { ...tenant, forgottenMs: 185 }).remove).toEqual(['1'])
  })

  it('removes what no run will read again', () => {
    expect(decide(7, tenant)).toEqual({ tokens: 200, newTokens: 280, unjudgedTokens: 0, remove: ['1', '2'] })
  })

  it('touches nothing of a tenant that it does not know', () => {
    expect(decide(9, null)).toEqual({ tokens: 0, newTokens: 0, unjudgedTokens: 0, remove: [] })
  })
})
