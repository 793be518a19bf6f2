import type { CostPoint } from './surface.ts'

export interface CostPlan {
  readonly batches: readonly number[]
  readonly lengths: readonly number[]
  /** Timed runs per size, after one that is not timed. */
  readonly repeats: number
}

/** Covers what a 16-sequence engine runs; about 30 sizes, so some seconds at a few milliseconds a run. */
export const COST_PLAN: CostPlan = { batches: [1, 2, 4, 8, 16], lengths: [1, 2, 3, 5, 9, 17], repeats: 5 }

/**
 * Times `run` at each size of the plan. Sizes take turns instead of repeating one at a time, so that a slow spell of
 * the machine falls on all of them, and the minimum is kept: noise only ever adds.
 */
export async function measureCosts(
  run: (batch: number, length: number) => Promise<void>,
  clock: () => number,
  plan: CostPlan = COST_PLAN,
): Promise<CostPoint[]> {
  const sizes = plan.batches.flatMap((batch) => plan.lengths.map((length) => ({ batch, length })))
  const fastest = sizes.map(() => Number.POSITIVE_INFINITY)
  for (let round = 0; round <= plan.repeats; round++) {
    for (const [at, { batch, length }] of sizes.entries()) {
      const start = clock()
      await run(batch, length)
      const ms = clock() - start
      if (round > 0) fastest[at] = Math.min(fastest[at] ?? ms, ms)
    }
  }
  return sizes.map((size, at) => ({ ...size, ms: fastest[at] ?? 0 }))
}
