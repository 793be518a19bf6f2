import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { GraphBuilder } from '../create.ts'
import type { Value } from '../ir.ts'
import { gradientError, irregular } from '../testing/difference.ts'

/** Steps from two values of shape [rows, 3] to a third; tame, so that differences stay exact at any depth. */
const steps: readonly ((g: GraphBuilder, x: Value, y: Value) => Value)[] = [
  (g, x, y) => g.mul(g.tanh(x), y),
  (g, x, y) => g.add(x, g.sigmoid(y)),
  (g, x, y) => g.sub(x, g.reduceMean(y, [0])),
  (g, x, y) => g.div(x, g.add(g.exp(g.tanh(y)), g.scalar(1, y.dtype))),
  (g, x, y) => g.matMul(g.softmax(g.matMul(x, g.transpose(g.tanh(y), [1, 0]))), y),
  (g, x, y) => g.slice(g.concat([x, g.tanh(y)], 1), 1, 4),
  (g, x, y) => g.logSoftmax(g.add(g.tanh(x), g.tanh(y))),
]

test('any composition of operators, with values used any number of times, has the slope as its gradient', async () => {
  const step = fc.record({ at: fc.nat(steps.length - 1), left: fc.nat(99), right: fc.nat(99) })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), fc.boolean(), async (program, symbolic) => {
      const shape = [symbolic ? 'rows' : 2, 3]
      const feeds = [0.3, 0.8].map((seed) => irregular([2, 3], seed, { low: -1, high: 1, shape }))
      const error = await gradientError(feeds, (g, x, y) => {
        const pool = [x, y]
        const pick = (index: number) => pool[index % pool.length] ?? x
        for (const { at, left, right } of program) {
          const value = steps[at]?.(g, pick(left), pick(right))
          if (value) pool.push(value)
        }
        return pool
      })
      expect(error).toBeLessThan(1e-6)
    }),
    { numRuns: 40 },
  )
})
