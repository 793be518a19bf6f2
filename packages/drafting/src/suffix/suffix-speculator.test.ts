import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DraftSession, Proposal } from '../speculator.ts'
import { SuffixSpeculator } from './suffix-speculator.ts'

const PHRASE = [50, 51, 52, 53, 54, 55, 56, 57]

describe('SuffixSpeculator', () => {
  it('continues a phrase of the tenant, and of the request itself', async () => {
    const suffix = new SuffixSpeculator()
    await finish(suffix, 'ten_a', [1, 2], PHRASE)
    expect((await propose(suffix, suffix.open({ tenant: 'ten_a', prompt: [9, 50, 51] }))).tokens).toEqual(
      PHRASE.slice(2),
    )
    expect(
      (await propose(suffix, suffix.open({ tenant: 'ten_b', prompt: [...PHRASE, 9, 50, 51, 52] }))).tokens.slice(0, 5),
    ).toEqual(PHRASE.slice(3))
  })

  it('never gives a tenant a token that only another produced', async () => {
    const stream = fc.array(fc.nat({ max: 5 }), { minLength: 1, maxLength: 30 })
    const action = fc.record({ tenant: fc.nat({ max: 2 }), prompt: stream, response: stream, keep: fc.boolean() })
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 12 }), async (actions) => {
        const suffix = new SuffixSpeculator({ tenantsMax: 2 })
        for (const { tenant, prompt, response, keep } of actions) {
          // Tenant 1 says 110 where tenant 0 says 10: contexts collide in shape, never in tokens but for the first.
          const own = (token: number) => (token === 0 ? 0 : 100 * tenant + token)
          const session = suffix.open({ tenant: `ten_${tenant}`, prompt: prompt.map(own) })
          for (const token of response.map(own)) {
            const { tokens } = await propose(suffix, session)
            for (const each of tokens) expect(own(each % 100)).toBe(each)
            session.commit({ tokens: [token], hidden: [] })
          }
          session.close(keep)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('does not learn from a request before it ends, nor when it is not to be kept', async () => {
    const suffix = new SuffixSpeculator()
    const [live, dropped] = [
      suffix.open({ tenant: 'ten_a', prompt: [1] }),
      suffix.open({ tenant: 'ten_a', prompt: [1] }),
    ]
    for (const session of [live, dropped]) session.commit({ tokens: PHRASE, hidden: [] })
    dropped.close(false)
    const reader = suffix.open({ tenant: 'ten_a', prompt: [9, 50, 51] })
    expect((await propose(suffix, reader)).tokens).toEqual([])
    live.close(true)
    expect((await propose(suffix, reader)).tokens).toEqual(PHRASE.slice(2))
  })

  it('proposes nothing from a forgotten tenant, not even in its live sessions, which leave nothing behind', async () => {
    const suffix = new SuffixSpeculator()
    await finish(suffix, 'ten_a', [1], PHRASE)
    const live = suffix.open({ tenant: 'ten_a', prompt: [9, 50, 51] })
    suffix.forget('ten_a')
    expect((await propose(suffix, live)).tokens).toEqual([])
    live.commit({ tokens: PHRASE, hidden: [] })
    live.close(true)
    expect((await propose(suffix, suffix.open({ tenant: 'ten_a', prompt: [9, 50, 51] }))).tokens).toEqual([])
  })

  it('goes on from what another arm drafted, and learns from that only where it was right', async () => {
    const suffix = new SuffixSpeculator({ endIds: [99] })
    await finish(suffix, 'ten_a', [1], PHRASE)
    const open = () => suffix.open({ tenant: 'ten_a', prompt: [9, 8] })
    const goOn = (session: DraftSession) => session.continued?.([7, 50, 51], 3)
    expect(goOn(open())?.tokens).toEqual([52, 53, 54])
    expect(open().continued?.([7, 99], 3).tokens).toEqual([])
    const chanceAfter = (committed: readonly number[]) => {
      for (let round = 0; round < 10; round++) {
        const session = open()
        goOn(session)
        session.commit({ tokens: committed, hidden: [] })
        session.close(false)
      }
      return goOn(open())?.survival[0] ?? 0
    }
    const before = goOn(open())?.survival[0] ?? 0
    expect(chanceAfter([6, 50, 51, 6])).toBe(before) // 52 was not wrong: what it follows was
    expect(chanceAfter([7, 50, 51, 6])).toBeLessThan(before / 2)
  })

  it('does not promise drawn answers what it learned from greedy ones, nor the other way round', async () => {
    const suffix = new SuffixSpeculator()
    await finish(suffix, 'ten_a', [1], PHRASE)
    const sampling = { temperature: 1, seed: 1n, choice: 0, gumbel: () => 0 }
    const open = (drawn: boolean) =>
      suffix.open({ tenant: 'ten_a', prompt: [9, 50, 51], ...(drawn ? { sampling } : {}) })
    const chance = async (drawn: boolean) => (await propose(suffix, open(drawn))).survival[0] ?? 0
    const before = await chance(true)
    for (let round = 0; round < 10; round++) {
      const session = open(true)
      await propose(suffix, session)
      session.commit({ tokens: [6], hidden: [] })
      session.close(false)
    }
    expect(await chance(true)).toBeLessThan(before / 2)
    expect(await chance(false)).toBe(before)
  })

  it('drafts nothing after a token that ends a completion, nor more than it was asked for', async () => {
    const suffix = new SuffixSpeculator({ endIds: [54] })
    await finish(suffix, 'ten_a', [1], PHRASE)
    const session = suffix.open({ tenant: 'ten_a', prompt: [9, 50, 51] })
    expect((await propose(suffix, session)).tokens).toEqual([52, 53, 54])
    expect((await propose(suffix, session, 2)).tokens).toEqual([52, 53])
  })

  it('gives one survival per token, in (0, 1] and never increasing', async () => {
    const suffix = new SuffixSpeculator()
    for (let round = 0; round < 50; round++) {
      const session = suffix.open({ tenant: 'ten_a', prompt: [1, round % 3] })
      for (let i = 0; i < 30; i++) {
        const { tokens, survival } = await propose(suffix, session)
        expect(survival).toHaveLength(tokens.length)
        for (const [at, each] of survival.entries()) expect(each).toBeLessThanOrEqual(survival[at - 1] ?? 1)
        expect(Math.min(1, ...survival)).toBeGreaterThan(0)
        session.commit({ tokens: [(i * i + round) % 7], hidden: [] })
      }
      session.close(true)
    }
  })
})

describe('what the suffix arm remembers', () => {
  it('stays within its bytes for millions of tokens, and prefers what was useful to what is old', async () => {
    const suffix = new SuffixSpeculator({ bytesPerTenantMax: 256 * 1024 })
    await finish(suffix, 'ten_a', [1], PHRASE)
    for (let request = 0; request < 20_000; request++) {
      const noise = Array.from(
        { length: 100 },
        (_, i) => 1_000 + ((Math.imul(request * 100 + i, 0x9e3779b1) >>> 8) % 50_000),
      )
      const session = suffix.open({ tenant: 'ten_a', prompt: [9] })
      session.commit({ tokens: noise, hidden: [] })
      session.close(true)
      if (request % 20 !== 0) continue
      const user = suffix.open({ tenant: 'ten_a', prompt: [9, 50, 51] })
      expect((await propose(suffix, user)).tokens).toEqual(PHRASE.slice(2))
      user.commit({ tokens: PHRASE.slice(2), hidden: [] })
      user.close(false)
    }
    expect(suffix.usage.bytes).toBeLessThanOrEqual(256 * 1024)
  })

  it('is dropped for the tenants that were idle longest, but not under a live session', async () => {
    const suffix = new SuffixSpeculator({ tenantsMax: 2 })
    for (const tenant of ['ten_a', 'ten_b']) await finish(suffix, tenant, [1], PHRASE)
    const live = suffix.open({ tenant: 'ten_a', prompt: [9, 50, 51] })
    for (const tenant of ['ten_c', 'ten_d']) await finish(suffix, tenant, [1], PHRASE)
    expect(suffix.usage.tenants).toBe(2)
    expect((await propose(suffix, live)).tokens).toEqual(PHRASE.slice(2))
    expect((await propose(suffix, suffix.open({ tenant: 'ten_b', prompt: [9, 50, 51] }))).tokens).toEqual([])
  })

  it('stays within the bytes of all tenants together, at the expense of the idle', async () => {
    const suffix = new SuffixSpeculator({ bytesMax: 1024 * 1024 })
    const long = Array.from({ length: 5_000 }, (_, i) => 100 + i)
    for (let tenant = 0; tenant < 20; tenant++) await finish(suffix, `ten_${tenant}`, [1], long)
    const session = suffix.open({ tenant: 'ten_19', prompt: [9, 100, 101] })
    expect(suffix.usage.bytes).toBeLessThanOrEqual(1024 * 1024)
    expect((await propose(suffix, session)).tokens[0]).toBe(102)
  })
})

async function finish(suffix: SuffixSpeculator, tenant: string, prompt: number[], response: number[]): Promise<void> {
  const session = suffix.open({ tenant, prompt })
  session.commit({ tokens: response, hidden: [] })
  session.close(true)
}

async function propose(suffix: SuffixSpeculator, session: DraftSession, lookaheadMax = 8): Promise<Proposal> {
  const [proposal] = await suffix.propose([{ session, arm: 'suffix', lookaheadMax }])
  if (!proposal) throw new Error('no answer')
  return proposal
}
