import { afterAll, describe, expect, it } from 'vitest'
import type { DraftArm, DraftSession } from '../speculator.ts'
import type { AdapterValues } from './adapter.ts'
import { RecurrentDraft } from './recurrent-draft.ts'
import { RecurrentSpeculator } from './speculator.ts'
import { adapterFiles } from './testing/adapter-files.ts'
import {
  markovAdapter,
  markovDraft,
  markovTables,
  nextToken,
  poisonedAdapter,
  type Successors,
  shapeOfMarkov,
  successors,
} from './testing/markov.ts'
import { freshAdapter, randomSampling } from './testing/random-draft.ts'

const source = successors(1)
const artifact = markovDraft(source, (token) => token % 3 !== 0)
const draft = await RecurrentDraft.open(artifact, markovTables, { weights: 'fp32', threads: 1 })
afterAll(() => draft.close())

const TENANTS = Array.from({ length: 20 }, (_, seed) => ({ tenant: `ten_${seed}`, seed: seed + 1 }))
const LOOKAHEAD = 4
const hidden = new Float32Array(shapeOfMarkov.hiddenSize)

/** Tenants with one sequence each, written by a scripted target, all drafted for in one call per step. */
async function serving(adapterOf: (seed: number) => AdapterValues | undefined, tenants = TENANTS) {
  const files = new Map(
    tenants.flatMap(({ tenant, seed }) => {
      const adapter = adapterOf(seed)
      return adapter ? [[tenant, adapterFiles(`adp_${seed}`, artifact, adapter)]] : []
    }),
  )
  const demoted: { tenant: string; step: number; reason: string }[] = []
  const refused: string[] = []
  let step = 0
  const speculator = new RecurrentSpeculator(draft, {
    load: async ({ id }) => [...files.values()].find(({ ref }) => ref.id === id)?.files ?? new Map(),
    onRefused: (_, __, reason) => refused.push(reason),
    onDemoted: (tenant, _, reason) => demoted.push({ tenant, step, reason }),
  })
  for (const [tenant, { ref }] of files) speculator.want(tenant, ref)
  while ([...files.keys()].some((tenant) => !speculator.live(tenant)) && refused.length === 0) {
    await new Promise((resolve) => setImmediate(resolve))
  }
  const sequences = tenants.map(({ tenant, seed }) => {
    const session = speculator.open({ tenant, prompt: [0, 1] })
    session.prefilled(hidden)
    return { session, seed, last: 1, position: 0, taken: 0 }
  })
  /** One verification step for all; returns the tokens taken of each proposal. */
  const advance = async (writer: Successors, arm: DraftArm) => {
    step++
    const proposals = await speculator.propose(
      sequences.map(({ session }) => ({ session, arm, lookaheadMax: LOOKAHEAD })),
    )
    for (const [row, sequence] of sequences.entries()) {
      const tokens: number[] = []
      for (const proposed of [...(proposals[row]?.tokens ?? []), -1]) {
        sequence.last = nextToken(writer, sequence.last, sequence.seed, sequence.position++)
        tokens.push(sequence.last)
        if (sequence.last !== proposed) break
      }
      sequence.taken += tokens.length - 1
      sequence.session.commit({ tokens, hidden: tokens.map(() => hidden) })
    }
  }
  const taken = () => sequences.reduce((total, each) => total + each.taken, 0)
  return {
    speculator,
    advance,
    demoted,
    refused,
    taken,
    live: () => tenants.filter(({ tenant }) => speculator.live(tenant)),
  }
}

describe('a poisoned adapter', () => {
  it.each(['adaptive', 'static'] as const)(
    'is out of service within 200 steps, reported once (%s asked)',
    async (arm) => {
      const { advance, demoted, live } = await serving(poisonedAdapter)
      expect(live().length).toBe(TENANTS.length)
      for (let step = 0; step < 200; step++) await advance(source, arm)
      expect(live()).toEqual([])
      expect(new Set(demoted.map(({ tenant }) => tenant)).size).toBe(TENANTS.length)
      expect(demoted.length).toBe(TENANTS.length)
      expect(demoted[0]?.reason).toMatch(/^Over \d+ steps the target took \d\.\d\d tokens a step fewer of it/)
    },
  )

  it('harms nobody else: others draft as well beside it as without', async () => {
    const [alone, beside] = [
      await serving(() => undefined),
      await serving((seed) => (seed > 10 ? poisonedAdapter(seed) : undefined)),
    ]
    const proposals = []
    for (const { speculator } of [alone, beside]) {
      const requests = TENANTS.map(({ tenant, seed }) => {
        const session = speculator.open({ tenant, prompt: [0, seed % 12] })
        session.prefilled(hidden)
        return { session, arm: seed > 10 ? ('adaptive' as const) : ('static' as const), lookaheadMax: LOOKAHEAD }
      })
      proposals.push((await speculator.propose(requests)).slice(0, 10).map(({ tokens }) => tokens))
    }
    expect(proposals[1]).toEqual(proposals[0])
  })
})

describe('a helpful adapter', () => {
  it('stays in service for 2,000 steps, and more is taken of it than of the static draft', async () => {
    const adapted = await serving(() => markovAdapter(source))
    for (let step = 0; step < 2_000; step++) await adapted.advance(source, 'adaptive')
    expect(adapted.demoted).toEqual([])
    expect(adapted.live().length).toBe(TENANTS.length)
    const plain = await serving(() => undefined)
    for (let step = 0; step < 200; step++) await plain.advance(source, 'static')
    expect(adapted.taken() / 2_000).toBeGreaterThan((1.5 * plain.taken()) / 200)
  })

  it('goes when its traffic changes to what the static draft knows better', async () => {
    const other = successors(7)
    const { advance, demoted, live } = await serving(() => markovAdapter(other), TENANTS.slice(0, 10))
    for (let step = 0; step < 300; step++) await advance(other, 'adaptive')
    expect(demoted).toEqual([])
    for (let step = 0; step < 2_000 && live().length > 0; step++) await advance(source, 'adaptive')
    expect(live()).toEqual([])
    expect(demoted.length).toBe(10)
  })

  it('is noticed to have gone bad also where a tenant has many sequences at once', async () => {
    const other = successors(7)
    const { speculator } = await serving(() => markovAdapter(other), TENANTS.slice(0, 1))
    const sessions = Array.from({ length: 16 }, () => speculator.open({ tenant: 'ten_0', prompt: [0, 1] }))
    for (const session of sessions) session.prefilled(hidden)
    const lasts = sessions.map(() => 1)
    for (let step = 0; step < 400; step++) {
      await speculator.propose(sessions.map((session) => ({ session, arm: 'adaptive', lookaheadMax: 2 })))
      for (const [row, session] of sessions.entries()) {
        const tokens = [0, 1, 2].map((at) => {
          lasts[row] = nextToken(step < 20 ? other : source, lasts[row] ?? 0, row + 1, 3 * step + at)
          return lasts[row] ?? 0
        })
        session.commit({ tokens, hidden: tokens.map(() => hidden) })
      }
    }
    expect(speculator.live('ten_0')).toBeUndefined()
  })
})

it('an adapter that changes nothing goes at the end of its probation', async () => {
  const { advance, demoted } = await serving((seed) => freshAdapter(seed, shapeOfMarkov), TENANTS.slice(0, 3))
  for (let step = 0; step < 200; step++) await advance(source, 'adaptive')
  expect(demoted.map(({ step }) => step)).toEqual([96, 96, 96])
  expect(demoted[0]?.reason).toBe('Over 96 steps the target took no more of it than of the static draft.')
})

describe('a session', () => {
  const arms = (session: DraftSession) => session.forecasts(3).map(({ arm }) => arm)

  it('can draft once a hidden state is known, with the arms that its tenant has', async () => {
    const { speculator } = await serving(() => markovAdapter(source), TENANTS.slice(0, 1))
    const [own, other] = [
      speculator.open({ tenant: 'ten_0', prompt: [1] }),
      speculator.open({ tenant: 'ten_x', prompt: [1] }),
    ]
    expect([arms(own), arms(other)]).toEqual([[], []])
    expect(await speculator.propose([{ session: own, arm: 'static', lookaheadMax: 3 }])).toEqual([
      { tokens: [], survival: [], version: null },
    ])
    for (const session of [own, other]) session.commit({ tokens: [2], hidden: [hidden] })
    expect([arms(own), arms(other)]).toEqual([['adaptive', 'static'], ['static']])
    const requests = [
      { session: own, arm: 'adaptive', lookaheadMax: 2 },
      { session: own, arm: 'static', lookaheadMax: 3 },
      { session: other, arm: 'adaptive', lookaheadMax: 3 },
      { session: other, arm: 'static', lookaheadMax: 1 },
    ] as const
    const proposals = await speculator.propose(requests)
    expect(proposals.map(({ version }) => version)).toEqual(['adp_1', artifact.id, null, artifact.id])
    expect(proposals.map(({ tokens }) => tokens.length)).toEqual([2, 3, 0, 1])
    for (const { tokens, survival } of proposals) {
      expect(survival.length).toBe(tokens.length)
      expect(survival).toEqual([...survival].sort((a, b) => b - a))
    }
    speculator.want('ten_0', null)
    expect(arms(own)).toEqual(['static'])
  })

  it('that is sampled draws with the noise of the places it drafts for', async () => {
    const speculator = new RecurrentSpeculator(draft)
    const { gumbel, ...draw } = randomSampling(11)
    // So hot that the noise alone decides.
    const sampling = { ...draw, gumbel, temperature: 1e5 }
    const loudest = (position: number) => Math.max(...Array.from(artifact.tokens, (token) => gumbel(position, token)))
    const session = speculator.open({ tenant: 'ten_a', prompt: [5, 6, 7], sampling })
    session.prefilled(hidden)
    const request = { session, arm: 'static', lookaheadMax: 4 } as const
    // Where that leads the draft believes in nothing, so a chain may end with its first token.
    const first = async () => (await speculator.propose([request]))[0]?.tokens[0] ?? -1
    expect(gumbel(3, await first())).toBe(loudest(3))
    session.commit({ tokens: [3, 9], hidden: [hidden, hidden] })
    expect(gumbel(5, await first())).toBe(loudest(5))
  })

  it('of a tenant that was forgotten starts from the card again', async () => {
    const { speculator, advance } = await serving(() => undefined, TENANTS.slice(0, 1))
    const survival = () => {
      const session = speculator.open({ tenant: 'ten_0', prompt: [0, 1] })
      session.prefilled(hidden)
      return session.forecasts(1)[0]?.survival
    }
    const before = survival()
    for (let step = 0; step < 50; step++) await advance(successors(4), 'static')
    expect(survival()?.[0]).toBeLessThan(0.9 * (before?.[0] ?? 0))
    speculator.forget('ten_0')
    expect(survival()).toEqual(before)
  })
})
