import type { AcceptanceEntry, CanaryWitness } from '@foretoken/db'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AcceptanceCounter } from './acceptance.ts'

const count = fc.nat(20)
const record = fc.record({
  arm: fc.constantFrom('static', 'adaptive'),
  draftVersion: fc.constantFrom(null, 'adp_1'),
  steps: count,
  committedTokens: count,
  proposed: fc.array(count, { maxLength: 4 }),
  accepted: fc.array(count, { maxLength: 4 }),
})
const request = fc.record({
  tenant: fc.constantFrom('ten_a', 'ten_b'),
  arms: fc.array(record, { maxLength: 3 }),
  /** Whether all is written behind it, and what becomes of that. */
  flush: fc.constantFrom('no', 'no', 'written', 'lost', 'written, and nobody heard'),
})

/** Every figure of a tenant's arm, in all. */
function sums(entries: readonly Pick<AcceptanceEntry, 'tenantId' | 'arms'>[]) {
  const total = new Map<string, number>()
  const add = (name: string, figure: number) => total.set(name, (total.get(name) ?? 0) + figure)
  for (const { tenantId, arms } of entries)
    for (const { arm, draftVersion, steps, committedTokens, proposed, accepted } of arms) {
      const name = `${tenantId} ${arm} ${draftVersion}`
      add(`${name} steps`, steps)
      add(`${name} committed`, committedTokens)
      for (const [at, figure] of proposed.entries()) add(`${name} proposed ${at}`, figure)
      for (const [at, figure] of accepted.entries()) add(`${name} accepted ${at}`, figure)
    }
  return new Map([...total].filter(([, figure]) => figure > 0).sort())
}

describe('counted acceptance', () => {
  it('is written in full, once, whatever becomes of single writes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(request, { maxLength: 20 }), async (requests) => {
        const written = new Map<string, readonly AcceptanceEntry[]>()
        let fate = 'written'
        const counter = new AcceptanceCounter({
          worker: 'wrk_a',
          everyMs: 3_600_000,
          onError: () => {},
          write: async ({ id, entries }) => {
            if (fate !== 'lost' && !written.has(id)) written.set(id, entries)
            if (fate !== 'written') throw new Error('the connection broke')
          },
        })
        for (const { tenant, arms, flush } of requests) {
          counter.add({ tenant, request: 'req_1', arms, trials: [] })
          fate = flush
          if (flush !== 'no') await counter.flush()
        }
        fate = 'written'
        await counter.close()
        const asked = requests.map(({ tenant, arms }) => ({ tenantId: tenant, arms }))
        expect(sums([...written.values()].flat())).toEqual(sums(asked))
      }),
    )
  })
})

describe('what requests say of a candidate', () => {
  const arms = [{ arm: 'none', draftVersion: null, steps: 1, committedTokens: 1, proposed: [], accepted: [] }] as const
  const trial = (candidateTokens: number, rival: string | null = null) => ({
    ...{ candidate: 'adp_new', rival },
    ...{ byCandidate: { tokens: candidateTokens, ms: 4 }, byRival: { tokens: 9, ms: 6 } },
  })

  async function written(requests: readonly { tenant: string; trials: ReturnType<typeof trial>[] }[]) {
    const witnesses: (CanaryWitness & { tenantId: string })[] = []
    const counter = new AcceptanceCounter({
      ...{ worker: 'wrk_a', everyMs: 3_600_000, onError: () => {} },
      write: async ({ entries }) => {
        for (const { tenantId, witnesses: own = [] } of entries) {
          witnesses.push(...own.map((witness) => ({ tenantId, ...witness })))
        }
      },
    })
    for (const [at, request] of requests.entries()) counter.add({ ...request, request: `req_${at}`, arms })
    await counter.close()
    return witnesses
  }

  it('goes with the batch, by request and rival; one for which only one of the two drafted says nothing', async () => {
    const witnesses = await written([
      { tenant: 'ten_a', trials: [trial(5)] },
      { tenant: 'ten_b', trials: [trial(7, 'adp_old')] },
      { tenant: 'ten_a', trials: [trial(0)] },
    ])
    const counts = { draftId: 'adp_new', rivalTokens: 9, rivalMs: 6, candidateMs: 4 }
    expect(witnesses).toEqual([
      { tenantId: 'ten_a', request: 'req_0', rival: 'static', candidateTokens: 5, ...counts },
      { tenantId: 'ten_b', request: 'req_1', rival: 'adp_old', candidateTokens: 7, ...counts },
    ])
  })

  it('is bounded, however busy its tenant is', async () => {
    expect(await written(Array.from({ length: 500 }, () => ({ tenant: 'ten_a', trials: [trial(5)] })))).toHaveLength(16)
  })
})
