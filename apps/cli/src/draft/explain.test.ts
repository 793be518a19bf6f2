import { describe, expect, it } from 'vitest'
import { explain, type LearningFacts } from './explain.ts'
import type { TrialStatus } from './trial.ts'

const facts: LearningFacts = {
  tenant: { status: 'active', learning: true },
  live: null,
  trial: null,
  newTokens: 1_200,
  decision: 'It does not pay.',
  run: null,
}
const trial: TrialStatus = {
  ...{ id: 'adp_2', version: 2, stage: 'canary', since: new Date(), requests: 12, needed: 32 },
  gains: [{ rival: 'the static draft', gain: 0.081, lower: -0.02 }],
}
const run = { state: 'rejected', phase: null, progress: 1, reason: 'No gain over the static draft.' } as const

describe('why a tenant has the draft it has', () => {
  it.each<[Partial<LearningFacts>, string]>([
    [{}, 'It does not pay.'],
    [{ decision: null }, '1200 new tokens; the scheduler has not decided about them yet.'],
    [{ tenant: { status: 'active', learning: false } }, 'Opted out of learning.'],
    [{ tenant: { status: 'disabled', learning: true } }, 'The tenant is not active.'],
    [{ run }, 'It does not pay. Last run rejected: No gain over the static draft.'],
    [{ run: { ...run, state: 'promoted' }, live: { version: 1 } }, 'It does not pay.'],
    [
      { trial, run: { ...run, state: 'promoted' } },
      'Version 2 is on trial as canary: 12 of 32 requests, +8.1 % goodput over the static draft (95 % sure of -2.0 %).',
    ],
    [{ trial: { ...trial, requests: null, gains: [] } }, 'Version 2 is on trial as canary: not looked at yet.'],
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
