import { expect, it } from 'vitest'
import { DEFAULT_RULES } from '../rules.ts'
import type { Trial } from '../state.ts'
import { TenantRecord } from '../testing/tenant-record.ts'
import { type PairedRequest, pairedGain } from './bootstrap.ts'
import { decideTrial } from './stages.ts'

const RULES = DEFAULT_RULES.promotion

function decide(trial: Partial<Trial>, nowMs = 0) {
  const record = new TenantRecord('ten_a')
  const better = { gain: 1.2, lower: 1.1 }
  record.trial = {
    version: 3,
    stage: 'shadow',
    sinceMs: 0,
    requests: 16,
    over: { 'the static draft': better },
    ...trial,
  }
  return decideTrial(record, nowMs, RULES)
}

const over = (gain: number, lower: number) => ({ over: { 'the static draft': { gain, lower } } })

it('goes up where every rival is surely beaten, and says from where to where', () => {
  expect(decide({})).toMatchObject({ kind: 'promote', changes: true })
  expect(decide({})?.reason).toMatch(/^From shadow to canary\. Better/)
  expect(decide({ stage: 'canary', requests: 32 })?.reason).toMatch(/^From canary to live\./)
  const both = { 'the static draft': { gain: 1.2, lower: 1.1 }, 'the current adapter': { gain: 1.01, lower: 0.98 } }
  expect(decide({ over: both })).toMatchObject({ kind: 'watch', changes: false })
})

it('waits for witnesses, whatever they say so far', () => {
  expect(decide({ requests: 15 })).toMatchObject({
    kind: 'watch',
    reason: '15 of 16 requests so far to judge it by as shadow.',
  })
  expect(decide({ requests: 0, over: {} })?.kind).toBe('watch')
})

it('goes at once where it is clearly worse, and when patience or time ends without a verdict', () => {
  expect(decide({ requests: 8, ...over(0.85, 0.8) })?.kind).toBe('reject')
  expect(decide({ requests: 40, ...over(1.02, 0.97) })?.kind).toBe('watch')
  expect(decide({ requests: 64, ...over(1.02, 0.97) })?.kind).toBe('reject')
  expect(decide({ requests: 3 }, RULES.trialMsMax)?.kind).toBe('reject')
})

it('is judged by paired requests: what is hard for both says nothing', () => {
  const pairs = Array.from({ length: 32 }, (_, at): PairedRequest => {
    const hard = 50 + 40 * (at % 7)
    return { baseline: { tokens: 20, ms: hard }, candidate: { tokens: 20, ms: hard / (1.08 + 0.04 * (at % 3)) } }
  })
  let draw = 0
  const { gain, lower } = pairedGain(pairs, { uniform: () => (draw = (draw + 0.618_033_988_75) % 1) })
  expect(gain).toBeGreaterThan(1.08)
  expect(lower).toBeGreaterThan(1.08)
  expect(decide({ requests: pairs.length, ...over(gain, lower) })?.kind).toBe('promote')
})
