import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SpeculationSummary } from '../rpc.ts'
import { addSummaries, speculationMetricsSchema, toSpeculationMetrics } from './speculation-metrics.ts'

const summary: SpeculationSummary = {
  steps: 4,
  draftTokens: 8,
  acceptedTokens: 6,
  acceptanceHistogram: [1, 0, 3],
  lookaheadMax: 2,
  armSteps: { suffix: 3, none: 1 },
  arms: [
    { arm: 'suffix', draftVersion: null, steps: 3, committedTokens: 9, proposed: [4, 4], accepted: [3, 3] },
    { arm: 'static', draftVersion: 'v2', steps: 1, committedTokens: 1, proposed: [1], accepted: [0] },
  ],
}

describe("a request's speculation metrics", () => {
  it("count as vLLM's do, the bonus token included", () => {
    expect(toSpeculationMetrics(summary).speculative_decoding).toEqual({
      mean_acceptance_length: 2.5,
      draft_acceptance_rate: 0.75,
      acceptance_histogram: [1, 0, 3],
      num_spec_steps: 4,
      num_accepted_draft_tokens: 6,
      num_draft_tokens: 8,
      num_spec_tokens: 2,
      arm_shares: { suffix: 0.75, none: 0.25 },
      draft_version: 'v2',
    })
  })

  it('are null, not NaN, when nothing was speculated', () => {
    const metrics = toSpeculationMetrics(addSummaries([]))
    expect(speculationMetricsSchema.parse(JSON.parse(JSON.stringify(metrics)))).toEqual(metrics)
  })

  it('add up over the calls of one request', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), (times) => {
        const total = addSummaries(Array.from({ length: times }, () => summary))
        expect(total.steps).toBe(4 * times)
        expect(total.acceptanceHistogram).toEqual([times, 0, 3 * times])
        expect(total.arms.map((arm) => arm.proposed)).toEqual([[4 * times, 4 * times], [times]])
      }),
    )
  })
})
