import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { CASTS } from './casts.ts'
import type { Completion } from './completion.ts'
import type { Learning } from './learning.ts'
import { renderEnding, renderLive, verdict } from './report.ts'
import { resultOf } from './result.ts'
import type { Sample } from './sample.ts'
import { sparkline } from './sparkline.ts'
import { Story } from './story.ts'
import { differing, historyOf } from './tally.ts'
import { textOf } from './tenants.ts'
import { orderOf, WAYS, type Way } from './ways.ts'

/** An answer of 30 tokens. */
function completion(ms: number, { text = 'SELECT 1;', steps = 30 }: { text?: string; steps?: number }): Completion {
  return {
    text,
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
      arm_shares: {},
      draft_version: null,
    },
  }
}

function sample(way: Way, round: number, ms: number, changes: { prompt?: string; text?: string; steps?: number } = {}) {
  return { tenant: 'a', round, prompt: 'p', way, completion: completion(ms, changes), ...pick(changes) }
}
const pick = ({ prompt }: { prompt?: string }) => (prompt === undefined ? {} : { prompt })

/** Two rounds: before there was an adapter, and with it. */
const SAMPLES: readonly Sample[] = [
  sample('none', 0, 300),
  sample('auto', 0, 200, { steps: 20 }),
  sample('none', 1, 300),
  sample('static', 1, 300, { steps: 25 }),
  sample('adaptive', 1, 150, { steps: 12 }),
  sample('auto', 1, 100, { steps: 10 }),
]

const HELD_OUT = { before: 3.57, after: 4.02 }
const LESSON = {
  tokens: 4_100,
  seconds: 11,
  heldOut: HELD_OUT,
  reason: 'Better: +9.3 % goodput over the static draft.',
}
const LIVE: Learning = { stage: 'live', draftId: 'adp_1', version: 1, swapSeconds: 4, ...LESSON }

function story(samples: readonly Sample[], learning: Learning = LIVE): Story {
  const told = new Story([{ name: 'a', description: 'questions to SQL' }])
  for (const one of samples) told.answered(one)
  told.learned('a', learning)
  return told
}

describe("a tenant's prompts", () => {
  it.each(Object.values(CASTS).flatMap(({ tenants }) => [...tenants]))(
    'of $workload.name are many, different, complete, and the same at every start',
    ({ workload }) => {
      const take = (seed: number) => {
        const prompts = workload.prompts(seed)
        return Array.from({ length: 800 }, () => textOf(prompts.next().value))
      }
      const prompts = take(1)
      expect(new Set(prompts).size).toBe(800)
      expect(prompts.filter((prompt) => /\{[a-z]+\d*\}|undefined/.test(prompt))).toEqual([])
      expect(take(1)).toEqual(prompts)
      expect(take(2)).not.toEqual(prompts)
    },
  )
})

describe('the order of ways', () => {
  it('gives each way its turn, and never tells the suffix index an answer before `auto` is asked', () => {
    const orders = Array.from({ length: 4 }, (_, turn) => orderOf(WAYS, turn))
    for (const order of orders) {
      expect([...order].sort()).toEqual([...WAYS].sort())
      expect(order.indexOf('auto')).toBeLessThan(order.indexOf('adaptive'))
    }
    expect(new Set(orders.map(([first]) => first))).toEqual(new Set(['none', 'static', 'auto']))
    expect(orderOf(['none', 'static', 'auto'], 1)).toEqual(['static', 'auto', 'none'])
  })
})

describe("a tenant's history", () => {
  it('says per way and round what it gained over plain decoding of the same prompts', () => {
    const [none, fixed, adaptive, auto] = historyOf(SAMPLES, 'a', 1)
    expect(none).toMatchObject({ way: 'none', total: { acceptanceLength: 1, tokensPerSecond: 100, speedUp: 1 } })
    expect(fixed?.rounds[0]).toBeNull()
    expect(adaptive).toMatchObject({ total: { acceptanceLength: 2.5, tokensPerSecond: 200, speedUp: 2 } })
    expect(auto?.rounds.map((round) => round?.speedUp)).toEqual([1.5, 3])
    expect(auto?.total).toMatchObject({ requests: 1, acceptanceLength: 3, speedUp: 3 })
  })

  it('compares each way with its own prompts when not all tenants have it', () => {
    const slow = { tenant: 'b', round: 1, prompt: 'q', way: 'none', completion: completion(900, {}) } as const
    const together = historyOf([...SAMPLES, slow], null, 1)
    expect(together.find(({ way }) => way === 'adaptive')?.total?.speedUp).toBe(2)
  })

  it('has no speed-up where a prompt was not decoded plainly, and nothing before anything ran', () => {
    expect(historyOf([sample('auto', 0, 100)], 'a', 0).at(-1)?.total?.speedUp).toBeNull()
    expect(historyOf([], 'a', 0).every(({ total }) => total === null)).toBe(true)
  })
})

describe('what is shown', () => {
  it('says so when a draft changed an output', () => {
    const changed = [...SAMPLES, sample('static', 0, 300, { text: 'SELECT 2;' })]
    expect(differing(SAMPLES)).toEqual([])
    expect(differing(changed)).toHaveLength(1)
    expect(verdict(changed)).toMatch(/DIFFERED.*: a\./)
    expect(resultOf('m', story(changed), 1).identical).toBe(false)
  })

  it('does not call it proven before anything ran', () => {
    expect(resultOf('m', new Story([]), 0).identical).toBe(false)
    expect(renderLive(new Story([{ name: 'a', description: '' }]), 80)).not.toMatch(/NaN|Infinity|undefined/)
  })

  it.each([80, 100])('fits into %i columns, whatever the gate had to say', (columns) => {
    const wordy = { ...LIVE, reason: 'Better than what there was before. '.repeat(9) }
    for (const shown of [renderLive(story(SAMPLES, wordy), columns), renderEnding(story(SAMPLES, wordy), 1, columns)]) {
      const widths = stripVTControlCharacters(shown)
        .split('\n')
        .map((line) => line.length)
      expect(Math.max(...widths)).toBeLessThanOrEqual(columns)
    }
  })

  it("gives the gate's reason, also for a draft that it did not let pass", () => {
    const shown = (learning: Learning) => stripVTControlCharacters(renderEnding(story(SAMPLES, learning), 1, 200))
    expect(shown(LIVE)).toMatch(/a +version 1 +4100 tokens +11.0 s +3.57 → 4.02 +4.0 s/)
    const kept: Learning = { stage: 'kept', outcome: 'rejected', ...LESSON, reason: 'Not surely better.' }
    expect(shown(kept)).toMatch(/a +static +4100 tokens +11.0 s +3.57 → 4.02 +-/)
    expect(shown(kept)).toContain(
      'a: static draft kept (rejected): Not surely better. Its requests ran at 3.00 times plain decoding all the same.',
    )
    expect(shown(kept)).toContain('What is missing is a gain of 2 % that is sure in 95 of 100 cases')
    expect(shown({ ...LIVE, stage: 'withdrawn', reason: 'It fell behind.' })).toContain('withdrawn: It fell behind.')
  })

  it('draws the newest values between its bounds, and a dot for none', () => {
    expect(sparkline([1, undefined, 2, 3], [1, 3], 4)).toBe('▁·▅█')
    expect(sparkline([9, 9, 0, 1], [0, 1], 2)).toBe('▁█')
    expect(sparkline([5], [5, 5], 3)).toBe('▁  ')
  })
})
