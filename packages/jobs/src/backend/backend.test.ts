import { Backoffs } from 'bullmq'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { RetryPolicy } from '../queues.ts'
import { jobOptions } from './backend.ts'

const policies = fc.record({
  attempts: fc.constant(10),
  backoffMs: fc.integer({ min: 1, max: 100_000 }),
  jitter: fc.double({ min: 0.01, max: 1, noNaN: true }),
})

/** As BullMQ computes it, from what is stored with a job. */
function pause(retry: RetryPolicy, failures: number): number {
  return Reflect.apply(Backoffs.calculate, Backoffs, [jobOptions({ retry }).backoff, failures, new Error()])
}

test('each pause before an attempt is twice as long as the one before, but for a share that is drawn', () => {
  fc.assert(
    fc.property(policies, fc.integer({ min: 1, max: 9 }), (retry, failures) => {
      const longest = retry.backoffMs * 2 ** (failures - 1)
      expect(pause(retry, failures)).toBeLessThanOrEqual(longest)
      expect(pause(retry, failures)).toBeGreaterThanOrEqual(Math.floor(longest * (1 - retry.jitter)))
    }),
  )
})

test('jobs that failed together do not come back together', () => {
  const pauses = Array.from({ length: 50 }, () => pause({ attempts: 3, backoffMs: 10_000, jitter: 0.5 }, 2))
  expect(new Set(pauses).size).toBeGreaterThan(1)
})
