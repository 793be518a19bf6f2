import { describe, expect, it } from 'vitest'
import { explain, type LearningFacts } from './explain.ts'

const facts: LearningFacts = {
  tenant: { status: 'active', learning: true },
  live: null,
  newTokens: 1_200,
  tokensNeeded: 4_000,
  run: null,
}
const run = { state: 'rejected', phase: null, progress: 1, reason: 'No gain over the static draft.' } as const

describe('why a tenant has the draft it has', () => {
  it.each<[Partial<LearningFacts>, string]>([
    [{}, '1200 of 4000 new tokens for the next run.'],
    [{ newTokens: 9_000 }, 'Enough new tokens: a run is about to start.'],
    [{ tenant: { status: 'active', learning: false } }, 'Opted out of learning.'],
    [{ tenant: { status: 'revoked', learning: true } }, 'The tenant is revoked.'],
    [{ run }, '1200 of 4000 new tokens for the next run. Last run rejected: No gain over the static draft.'],
    [{ run: { ...run, state: 'promoted' }, live: { version: 1 } }, '1200 of 4000 new tokens for the next run.'],
    [{ run: { ...run, state: 'queued' } }, 'A run waits for a trainer.'],
    [{ run: { ...run, state: 'running', phase: 'training', progress: 0.409 } }, 'Training now: 40 %, training.'],
    [{ run: { ...run, state: 'running', progress: null } }, 'Training now: starting.'],
  ])('%j', (changes, sentence) => {
    expect(explain({ ...facts, ...changes })).toBe(sentence)
  })

  it('does not hide that a promoted draft was rolled back since', () => {
    expect(explain({ ...facts, run: { ...run, state: 'promoted', reason: 'Better.' } })).toContain('promoted: Better.')
  })
})
