import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyFilters, type FilterParameters } from './filters.ts'
import { filterParameters, rows } from './testing.ts'
import { Workspace } from './workspace.ts'

const OFF: FilterParameters = { minP: 0, topK: 0, topP: 1 }

interface Filtered {
  /** Ids that survived, ascending. */
  readonly survivors: number[]
  /** Ids in rank order: score descending, id ascending. */
  readonly ranked: number[]
  /** Probability of an id before filtering. */
  readonly probability: (id: number) => number
}

function filter(row: Float32Array, parameters: Partial<FilterParameters>): Filtered {
  const workspace = new Workspace(row.length)
  workspace.scores.set(row)
  const highest = Math.max(...row)
  applyFilters(workspace, highest, { ...OFF, ...parameters })
  const weight = (id: number) => Math.exp((row[id] ?? 0) - highest)
  const total = [...row.keys()].reduce((sum, id) => sum + weight(id), 0)
  const ranked = [...row.keys()].sort((a, b) => (row[b] ?? 0) - (row[a] ?? 0) || a - b)
  const survivors = [...row.keys()].filter((id) => (workspace.scores[id] ?? 0) > -Infinity)
  for (const id of survivors) expect(workspace.scores[id]).toBe(row[id])
  return { survivors, ranked, probability: (id) => weight(id) / total }
}

const ascending = (ids: readonly number[]) => [...ids].sort((a, b) => a - b)
const share = fc.double({ min: 0, max: 1, noNaN: true })

describe('top-k', () => {
  it('keeps exactly the k likeliest tokens, lower ids first among equals', () => {
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 6000 }), (row, topK) => {
        const { survivors, ranked } = filter(row, { topK })
        const possible = ranked.filter((id) => (row[id] ?? 0) > -Infinity)
        expect(survivors).toEqual(ascending(possible.slice(0, topK)))
      }),
    )
  })
})

describe('top-p', () => {
  it('keeps the smallest set of likeliest tokens whose probability reaches p', () => {
    fc.assert(
      fc.property(rows, share, (row, topP) => {
        fc.pre(topP < 1)
        const { survivors, ranked, probability } = filter(row, { topP })
        expect(survivors).toEqual(ascending(ranked.slice(0, survivors.length)))
        const mass = survivors.reduce((sum, id) => sum + probability(id), 0)
        const last = ranked[survivors.length - 1] ?? 0
        // Each mass, and so their total, is off by 2⁻³³ of the likeliest token's probability per token at most.
        const slack = row.length * 2 ** -32 + 1e-12
        expect(mass).toBeGreaterThanOrEqual(topP - slack)
        if (survivors.length > 1) expect(mass - probability(last)).toBeLessThan(topP + slack)
      }),
    )
  })

  it('is exact at a boundary: three of ten equal tokens reach 0.3', () => {
    const equal = new Float32Array(10)
    expect(filter(equal, { topP: 0.3 }).survivors).toEqual([0, 1, 2])
    expect(filter(equal, { topP: 0.1 + 0.2 }).survivors).toEqual([0, 1, 2, 3])
  })

  it('keeps one token at 0, however many tie', () => {
    for (let size = 1; size < 12; size++) {
      expect(filter(new Float32Array(size), { topP: 0 }).survivors).toEqual([0])
    }
  })

  it('is relative to what top-k left', () => {
    // Of the two likeliest, the first holds 3/4: enough for 0.7. Of all four it would hold 3/6.
    const row = Float32Array.from([3, 1, 1, 1], Math.log)
    expect(filter(row, { topK: 2, topP: 0.7 }).survivors).toEqual([0])
    expect(filter(row, { topP: 0.7 }).survivors).toEqual([0, 1, 2])
  })
})

describe('min-p', () => {
  it('keeps the tokens with at least this share of the highest probability', () => {
    fc.assert(
      fc.property(rows, share, (row, minP) => {
        const highest = Math.max(...row)
        const { survivors } = filter(row, { minP })
        const expected = [...row.keys()].filter((id) => (row[id] ?? 0) >= highest + Math.log(minP))
        expect(survivors).toEqual(expected.filter((id) => (row[id] ?? 0) > -Infinity))
      }),
    )
  })

  it('keeps what ties with the likeliest at 1', () => {
    expect(filter(Float32Array.of(2, 1, 2), { minP: 1 }).survivors).toEqual([0, 2])
  })
})

describe('filters together', () => {
  it('always leave the likeliest token', () => {
    fc.assert(
      fc.property(rows, filterParameters, (row, parameters) => {
        const { survivors, ranked } = filter(row, parameters)
        expect(survivors).toContain(ranked[0])
      }),
    )
  })
})
