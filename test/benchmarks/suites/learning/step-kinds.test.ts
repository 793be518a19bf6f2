import type { DecodeReport } from '@foretoken/engine'
import { expect, test } from 'vitest'
import { NO_STEPS, sumOfSteps, withStep } from './step-kinds.ts'

function step(arms: readonly ('suffix' | 'static' | 'adaptive')[], committed: number): DecodeReport {
  const branches = arms.map((arm) => ({ arm, draftVersion: null, proposed: 2, accepted: 1 }))
  const forecast = { batch: 1, lookahead: 2, expectedTokens: 1.5, expectedMs: 2, plainMs: 1, explored: false }
  return {
    plan: { ...forecast, decisions: [] },
    results: [
      { arm: arms[0] ?? 'none', draftVersion: null, branches, alternatives: 0, proposed: 2, accepted: 1, committed },
    ],
    explored: false,
    draftExpectedMs: 0.5,
    draftMs: 0.75,
    targetMs: 1,
    ms: 3,
    explain: () => {
      throw new Error('explaining takes time')
    },
  }
}

test('steps are added up by what they verified', () => {
  const reports = [
    step([], 1),
    step(['suffix'], 2),
    step(['adaptive'], 3),
    step(['static'], 1),
    step(['adaptive', 'suffix'], 4),
  ]
  const sums = reports.reduce(withStep, NO_STEPS)
  expect(sums.none).toMatchObject({ steps: 1, tokens: 1 })
  expect(sums.suffix).toMatchObject({ steps: 1, tokens: 2 })
  expect(sums.neural).toEqual({ steps: 2, expectedTokens: 3, tokens: 4, expectedMs: 5, ms: 6, draftMs: 1.5 })
  expect(sums.both).toMatchObject({ steps: 1, tokens: 4 })
  expect(sumOfSteps([sums, sums]).neural).toMatchObject({ steps: 4, tokens: 8, ms: 12 })
})
