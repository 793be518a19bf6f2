import { describe, expect, it } from 'vitest'
import type { Completion } from './completion.ts'
import { renderResults, verdict } from './report.ts'
import { type Pair, tally } from './tally.ts'
import { WORKLOADS } from './workloads/index.ts'

/** An answer of 30 tokens. */
function completion(ms: number, changes: { text?: string; steps?: number } = {}): Completion {
  const steps = changes.steps ?? 30
  return {
    text: changes.text ?? 'SELECT 1;',
    completionTokens: 30,
    ms,
    speculation: {
      mean_acceptance_length: 30 / steps,
      draft_acceptance_rate: null,
      acceptance_histogram: [],
      num_spec_steps: steps,
      num_accepted_draft_tokens: 30 - steps,
      num_draft_tokens: 60,
      num_spec_tokens: 4,
      arm_shares: { suffix: 0.5, none: 0.5 },
      draft_version: null,
    },
  }
}

const pair = (round: number, autoMs: number, changes = {}): Pair => {
  return { tenant: 'a', round, plain: completion(300), auto: completion(autoMs, { steps: 10, ...changes }) }
}

describe('the demo', () => {
  it('reports rates as totals over totals, and how rounds differ', () => {
    const result = tally('a', [pair(0, 300), pair(1, 100), { ...pair(0, 1), tenant: 'b' }])
    expect(result).toMatchObject({
      requests: 4,
      plainTokensPerSecond: 100,
      autoTokensPerSecond: 150,
      speedUp: 1.5,
      speedUpByRound: [1, 3],
      acceptanceLength: 3,
      armShares: { suffix: 0.5, none: 0.5 },
      identical: true,
    })
  })

  it('says so when a draft changed an output', () => {
    const results = [tally('a', [pair(0, 100), pair(1, 100, { text: 'SELECT 2;' })])]
    expect(results[0]?.identical).toBe(false)
    expect(verdict(results)).toMatch(/DIFFERED.*: a\./)
    expect(renderResults(results)).toContain('NO')
  })

  it('does not call it proven before anything ran', () => {
    const nothing = tally('a', [])
    expect(nothing.identical).toBe(false)
    expect(renderResults([nothing])).not.toMatch(/NaN|Infinity/)
  })

  it('has four tenants of sixteen different prompts each', () => {
    expect(WORKLOADS.map((workload) => new Set(workload.prompts).size)).toEqual([16, 16, 16, 16])
    expect(new Set(WORKLOADS.map((workload) => workload.tenant)).size).toBe(4)
  })
})
