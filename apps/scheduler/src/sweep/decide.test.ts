import type { SegmentInfo } from '@foretoken/learning'
import { describe, expect, it } from 'vitest'
import { decideSweep, stockOf, type TenantFacts } from './decide.ts'

const rules = { keepTokens: 200, forgetMarginMs: 10, awayMs: 5_000 }
const tenant: TenantFacts = { learning: true, forgottenMs: 0 }

/** Segments of 40 tokens, written at 100, 200, …, of the targets given in turn. */
const segments = (count: number, ...targets: (string | null)[]): SegmentInfo[] =>
  Array.from({ length: count }, (_, i) => {
    const target = targets[i % targets.length] ?? null
    return { key: `traces/ten_a/${i + 1}`, tenant: 'ten_a', target, tokens: 40, writtenMs: (i + 1) * 100 }
  })

const decide = (all: readonly SegmentInfo[], facts: TenantFacts | null, nowMs = 1_000) => {
  const { remove, keep } = decideSweep(all, facts, { served: ['a', 'b'], nowMs }, rules)
  const shortened = (some: readonly SegmentInfo[]) => some.map(({ key }) => key.replace('traces/ten_a/', ''))
  expect(new Set([...remove, ...keep]).size).toBe(facts ? all.length : 0)
  return { remove: shortened(remove), keep: shortened(keep) }
}

describe('a sweep', () => {
  it('leaves nothing of a tenant that opted out', () => {
    expect(decide(segments(3, 'a'), { ...tenant, learning: false }).remove).toEqual(['1', '2', '3'])
  })

  it('leaves nothing from before a tenant was forgotten, written a little later or not', () => {
    expect(decide(segments(4, 'a'), { ...tenant, forgottenMs: 195 })).toEqual({ keep: ['3', '4'], remove: ['1', '2'] })
    expect(decide(segments(4, 'a'), { ...tenant, forgottenMs: 185 }).remove).toEqual(['1'])
  })

  it('removes what no run will read again, of each target by itself', () => {
    expect(decide(segments(7, 'a'), tenant).remove).toEqual(['1', '2'])
    expect(decide(segments(7, 'a', 'b'), tenant).remove).toEqual([])
    expect(decide(segments(12, 'a', 'b'), tenant).remove).toEqual(['1', '2'])
  })

  it('keeps what may be of any target for as long as one of them may read it', () => {
    expect(decide(segments(7, null), tenant).remove).toEqual(['1', '2'])
    const mixed = [...segments(3, null), ...segments(7, 'a').slice(3), ...segments(8, 'b').slice(7)]
    expect(decide(mixed, tenant).remove).toEqual([])
    expect(decide([...segments(3, null), ...segments(9, 'a').slice(3)], tenant).remove).toEqual(['1', '2', '3', '4'])
  })

  it('removes what is of weights that nobody serves any more, once it is old', () => {
    expect(decide(segments(3, 'a', 'gone', null), tenant).remove).toEqual([])
    expect(decide(segments(3, 'a', 'gone', null), tenant, 5_300).remove).toEqual(['2'])
  })

  it('touches nothing of a tenant that it does not know', () => {
    expect(decide(segments(9, 'a'), null)).toEqual({ keep: [], remove: [] })
  })
})

describe('the stock of a target', () => {
  it('is what may be of it, and of that what no run has seen', () => {
    const all = segments(4, 'a', 'b', null)
    const stock = (target: string, seenUntil: string | null) => stockOf(all, target, { seenUntil })
    expect(stock('a', null)).toEqual({ tokens: 120, newTokens: 120, unjudgedTokens: 0 })
    expect(stock('b', 'traces/ten_a/2')).toEqual({ tokens: 80, newTokens: 40, unjudgedTokens: 0 })
    expect(stock('c', 'traces/ten_a/9')).toEqual({ tokens: 40, newTokens: 0, unjudgedTokens: 0 })
  })

  it('counts what came since its draft on trial was judged, where it has one', () => {
    const all = segments(4, 'a', 'b')
    const unjudged = (judgedUntil: string | null) => stockOf(all, 'a', { seenUntil: null, judgedUntil }).unjudgedTokens
    expect([unjudged(null), unjudged('traces/ten_a/2'), unjudged('traces/ten_a/3')]).toEqual([80, 40, 0])
  })
})
