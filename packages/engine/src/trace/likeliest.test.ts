import fc from 'fast-check'
import { expect, it } from 'vitest'
import { tokenLogprob } from '../sampling/logprobs.ts'
import { normalLogits, rows } from '../sampling/testing.ts'
import { writeLikeliest } from './likeliest.ts'

const K = 8

function likeliest(logits: Float32Array, offset: number, vocabulary: number) {
  const [ids, logprobs] = [new Int32Array(2 * K).fill(-7), new Float32Array(2 * K).fill(7)]
  writeLikeliest(logits, offset, vocabulary, K, ids, logprobs, K)
  expect([...ids.subarray(0, K), ...logprobs.subarray(0, K)]).toEqual([...Array(K).fill(-7), ...Array(K).fill(7)])
  return Array.from({ length: K }, (_, at) => ({ id: ids[K + at] ?? 0, logprob: logprobs[K + at] ?? 0 }))
}

it('agrees with the exact log-softmax on which tokens are likeliest, and on how likely to three digits', () => {
  fc.assert(
    fc.property(rows, (row) => {
      const matrix = Float32Array.from([...row, ...row])
      const { top } = tokenLogprob(matrix, row.length, row.length, 0, K)
      const found = likeliest(matrix, row.length, row.length)
      const possible = found.filter(({ logprob }) => logprob > -Infinity)
      expect(possible.map(({ id }) => id)).toEqual(top.map(({ id }) => id))
      for (const [at, { logprob }] of top.entries())
        expect(Math.abs((possible[at]?.logprob ?? 0) - logprob)).toBeLessThan(1e-3)
    }),
    { numRuns: 500 },
  )
})

it('holds on a wide row, flat or peaked', () => {
  for (const deviation of [0.1, 1, 4, 12]) {
    const row = normalLogits(4096, deviation, 9)
    const { top } = tokenLogprob(row, 0, row.length, 0, K)
    const found = likeliest(row, 0, row.length)
    for (const [at, { id, logprob }] of top.entries()) {
      expect(found[at]?.id).toBe(id)
      expect(Math.abs((found[at]?.logprob ?? 0) - logprob)).toBeLessThan(1e-3)
    }
  }
})
