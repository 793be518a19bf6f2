import { kernels } from '@foretoken/native'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { tokenLogprob } from './logprobs.ts'
import { normalLogits, rows } from './testing.ts'
import { Workspace } from './workspace.ts'

describe('tokenLogprob', () => {
  it('is the log-softmax of the raw row, likeliest first, lower id first on ties', () => {
    fc.assert(
      fc.property(rows, fc.integer({ min: 0, max: 20 }), fc.nat(), (row, top, pick) => {
        const highest = Math.max(...row)
        const total = row.reduce((sum, logit) => sum + Math.exp(logit - highest), 0)
        const exact = (id: number) => Math.log(Math.exp((row[id] ?? 0) - highest) / total)
        const ranked = [...row.keys()].filter((id) => (row[id] ?? 0) > -Infinity)
        ranked.sort((a, b) => (row[b] ?? 0) - (row[a] ?? 0) || a - b)
        const token = ranked[pick % ranked.length] ?? 0
        const matrix = Float32Array.from([...row, ...row])
        const result = tokenLogprob(matrix, row.length, row.length, token, top)
        expect(result.id).toBe(token)
        expect(result.logprob).toBeCloseTo(exact(token), 4)
        expect(result.top.map(({ id }) => id)).toEqual(ranked.slice(0, top))
        for (const { id, logprob } of result.top) expect(logprob).toBeCloseTo(exact(id), 4)
      }),
      { numRuns: 500 },
    )
  })

  it('keeps probabilities that a float32 softmax would lose', () => {
    const { logprob } = tokenLogprob(Float32Array.of(200, 0), 0, 2, 1, 0)
    expect(logprob).toBe(-200)
  })
})

describe.runIf(kernels)('the compiled kernel', () => {
  it('gives the same logprobs to the last bit', () => {
    fc.assert(
      fc.property(rows, fc.integer({ min: 0, max: 20 }), fc.nat(), (row, top, pick) => {
        const { kernel } = new Workspace(row.length)
        const matrix = Float32Array.from([...row, ...row])
        const token = pick % row.length
        const expected = tokenLogprob(matrix, row.length, row.length, token, top)
        expect(tokenLogprob(matrix, row.length, row.length, token, top, kernel)).toEqual(expected)
      }),
      { numRuns: 1000 },
    )
  })

  it('sums wide rows in the same order', () => {
    const { kernel } = new Workspace(50_001)
    for (const deviation of [0.1, 1, 4, 12]) {
      const row = normalLogits(50_001, deviation, 3)
      expect(tokenLogprob(row, 0, 50_001, 5, 5, kernel)).toEqual(tokenLogprob(row, 0, 50_001, 5, 5))
    }
  })
})
