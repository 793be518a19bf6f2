import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DEFAULT_RULES } from '../rules.ts'
import type { Trial } from '../state.ts'
import { TenantRecord } from '../testing/tenant-record.ts'
import type { PairedRequest } from './bootstrap.ts'
import { evidenceOf, isJudgementDue, type TrialEvidence } from './evidence.ts'
import { decideTrial, nextStage } from './stages.ts'

const RULES = DEFAULT_RULES.promotion
const NAME = 'the static draft'

/** Mulberry32 (Ettinger 2017). */
function drawsOf(seed: number): { uniform(): number } {
  let state = seed
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return { uniform }
}

/** Tokens of a step: draft tokens of this acceptance until one is refused, at most 8, and the target's own. */
function stepTokens(acceptance: number, uniform: () => number): number {
  let tokens = 1
  while (tokens <= 8 && uniform() < acceptance) tokens++
  return tokens
}

const MEAN_AT = (acceptance: number) => (1 - acceptance ** 9) / (1 - acceptance)

/** The acceptance with which so many times the tokens of `acceptance` are committed at a step. */
function acceptanceFor(acceptance: number, gain: number): number {
  let [low, high] = [0, 0.999]
  for (let round = 0; round < 40; round++) {
    const middle = (low + high) / 2
    if (MEAN_AT(middle) < MEAN_AT(acceptance) * gain) low = middle
    else high = middle
  }
  return low
}

/** A request of 60 tokens as both would serve it whole, or as they take turns at its steps. */
function request(stage: Trial['stage'], gain: number, uniform: () => number): PairedRequest {
  const hard = 0.45 + 0.3 * uniform()
  const pair = { baseline: { tokens: 0, ms: 0 }, candidate: { tokens: 0, ms: 0 } }
  const step = (own: { tokens: number; ms: number }, acceptance: number) => {
    own.tokens += stepTokens(acceptance, uniform)
    own.ms += 4 + 0.4 * uniform()
  }
  const better = acceptanceFor(hard, gain)
  if (stage === 'shadow') {
    while (pair.baseline.tokens < 60) step(pair.baseline, hard)
    while (pair.candidate.tokens < 60) step(pair.candidate, better)
  } else {
    while (pair.baseline.tokens + pair.candidate.tokens < 60) {
      if (uniform() < RULES.canaryShare) step(pair.candidate, better)
      else step(pair.baseline, hard)
    }
  }
  return pair
}

/** A candidate's whole way, some requests a round; what became of it and what it drafted for. */
function play(gain: number, seed: number, perRound: number) {
  const { uniform } = drawsOf(seed)
  const record = new TenantRecord('ten_a')
  let trial: Trial = { version: 1, stage: 'shadow', sinceMs: 0, requests: 0, over: {} }
  let pairs: PairedRequest[] = []
  let before: TrialEvidence | null = null
  let [drafted, steps] = [0, 0]
  for (let round = 0; round < 1_000; round++) {
    for (let each = 0; each < perRound; each++) pairs.push(request(trial.stage, gain, uniform))
    before = evidenceOf(trial.stage, { [NAME]: pairs }, before, RULES, drawsOf(pairs.length))
    record.trial = { ...trial, ...before }
    const decision = decideTrial(record, 0, RULES)
    if (!decision?.changes) continue
    if (trial.stage === 'canary') {
      drafted += pairs.reduce((sum, { candidate }) => sum + candidate.ms, 0)
      steps += pairs.reduce((sum, { candidate, baseline }) => sum + candidate.ms + baseline.ms, 0)
    }
    const requests = pairs.length
    if (decision.kind === 'reject') return { end: 'rejected', stage: trial.stage, drafted, steps, requests }
    if (nextStage(trial) === 'live') return { end: 'live', stage: trial.stage, drafted, steps, requests }
    trial = { ...trial, stage: 'canary', requests: 0, over: {} }
    pairs = []
    before = null
  }
  throw new Error('a trial without an end')
}

const RUNS = 120
const playAll = (gain: number, perRound = 3) =>
  Array.from({ length: RUNS }, (_, seed) => play(gain, seed + 1, perRound))
const shareOf = (runs: readonly { readonly end: string }[], end: string) =>
  runs.filter((run) => run.end === end).length / runs.length

describe('a candidate on its way up, whatever it is', () => {
  it('goes live where it is a fifth better', () => {
    expect(shareOf(playAll(1.2), 'live')).toBeGreaterThan(0.9)
  })

  it.each([1, 3, 40])('goes away where it is equal, when its patience ends, at %i requests a round', (perRound) => {
    const runs = playAll(1, perRound)
    expect(shareOf(runs, 'rejected')).toBeGreaterThan(0.95)
    for (const { requests } of runs) expect(requests).toBeLessThanOrEqual(RULES.patience * RULES.canaryRequests + 80)
  })

  it.each([0.95, 0.8])('never goes live where it is bad (%d of what serves)', (gain) => {
    const runs = playAll(gain)
    expect(shareOf(runs, 'live')).toBe(0)
    if (gain < 0.9) expect(runs.every(({ stage, requests }) => stage === 'shadow' && requests <= 32)).toBe(true)
  })

  it('drafts as a canary for its share of the time, and no longer than patience lasts', () => {
    const canaries = [...playAll(1.2), ...playAll(1.05)].filter(({ steps }) => steps > 0)
    expect(canaries.length).toBeGreaterThan(RUNS / 2)
    const sum = (of: (run: (typeof canaries)[number]) => number) => canaries.reduce((total, run) => total + of(run), 0)
    expect(sum(({ drafted }) => drafted) / sum(({ steps }) => steps)).toBeLessThan(RULES.canaryShare + 0.02)
  })
})

describe('evidence', () => {
  const pairs = (count: number) => {
    const { uniform } = drawsOf(9)
    return Array.from({ length: count }, () => request('canary', 1.1, uniform))
  }
  const look = (count: number, before: TrialEvidence | null = null) =>
    evidenceOf('canary', { [NAME]: pairs(count) }, before, RULES, drawsOf(1))

  it('is looked at when there is half of what is needed, all of it, and whenever it has doubled', () => {
    const looks = new Set<string>()
    let before: TrialEvidence | null = null
    for (let count = 0; count <= 300; count++) {
      before = look(count, before)
      looks.add(JSON.stringify(before.over))
    }
    expect(looks.size).toBe(1 + 5) // 16, 32, 64, 128, 256, and nothing before
    expect(look(15).over).toEqual({})
    expect(look(20)).toMatchObject({ look: 16, requests: 20 })
    expect(look(47, look(32))).toEqual(look(32))
  })

  it('counts what every rival has witnesses for', () => {
    const rivals = { [NAME]: pairs(40), 'the current adapter': pairs(9) }
    expect(evidenceOf('shadow', rivals, null, RULES, drawsOf(1))).toMatchObject({ requests: 9, look: 8 })
    expect(evidenceOf('shadow', {}, null, RULES, drawsOf(1))).toEqual({ requests: 0, look: 0, over: {} })
  })
})

describe('a judgement', () => {
  it('is due when what came since is enough for the next look, and never without anything new', () => {
    fc.assert(
      fc.property(fc.nat(64), fc.nat(60_000), fc.nat(2_000), (requests, tokens, tokensPerRequest) => {
        const due = isJudgementDue({ requests, tokens, tokensPerRequest }, RULES)
        if (tokens === 0) expect(due).toBe(false)
        else if (tokens >= 20_000 || tokensPerRequest === 0) expect(due).toBe(true)
        else if (due) expect(tokens).toBeGreaterThanOrEqual(tokensPerRequest)
      }),
    )
    const unjudged = { requests: 0, tokensPerRequest: 60 }
    expect(isJudgementDue({ ...unjudged, tokens: 16 * 60 - 1 }, RULES)).toBe(false)
    expect(isJudgementDue({ ...unjudged, tokens: 16 * 60 }, RULES)).toBe(true)
    expect(isJudgementDue({ ...unjudged, requests: 20, tokens: 11 * 60 }, RULES)).toBe(false)
    expect(isJudgementDue({ ...unjudged, requests: 20, tokens: 12 * 60 }, RULES)).toBe(true)
  })
})
