import { afterAll, describe, expect, it } from 'vitest'
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
  shapeOfMarkov,
  successors,
} from './testing/markov.ts'

const source = successors(1)
const artifact = markovDraft(source, (token) => token % 3 !== 0)
const draft = await RecurrentDraft.open(artifact, markovTables, { weights: 'fp32', threads: 1 })
afterAll(() => draft.close())
const hidden = new Float32Array(shapeOfMarkov.hiddenSize)

const served = adapterFiles('adp_served', artifact, markovAdapter(source))
const candidateOf = (values: AdapterValues) => adapterFiles('adp_tried', artifact, values)

/** A tenant that has an adapter and tries another. */
async function trying({ share = 0.25, values = markovAdapter(source), isServed = true } = {}) {
  const candidate = candidateOf(values)
  const demoted: string[] = []
  const speculator = new RecurrentSpeculator(draft, {
    load: async ({ id }, tenant) => {
      expect(tenant).toBe('ten_a')
      return (id === served.ref.id ? served : candidate).files
    },
    onRefused: (_, __, reason) => expect.unreachable(reason),
    onDemoted: (tenant, { id }) => demoted.push(`${tenant} ${id}`),
  })
  speculator.want('ten_a', isServed ? served.ref : null, { ...candidate.ref, share })
  const settled = () => speculator.tried('ten_a') && (!isServed || speculator.live('ten_a'))
  while (!settled()) await new Promise((resolve) => setImmediate(resolve))
  /** Steps of one sequence: who drafted, and how many of its tokens were right. */
  const steps = async (count: number, name: string) => {
    const session = speculator.open({ tenant: 'ten_a', prompt: [0, 1], name })
    session.prefilled(hidden)
    const taken: { position: number; version: string | null; drafter: string | undefined; tokens: number }[] = []
    let [last, position] = [1, 0]
    for (let step = 0; step < count; step++) {
      const trial = session.trial?.()
      const [proposal] = await speculator.propose([{ session, arm: 'adaptive', lookaheadMax: 4 }])
      expect(session.trial?.()).toEqual(trial)
      const tokens: number[] = []
      while (tokens.length <= (proposal?.tokens.length ?? 0)) {
        tokens.push(nextToken(source, tokens.at(-1) ?? last, 7, position + tokens.length))
        if (tokens.at(-1) !== proposal?.tokens[tokens.length - 1]) break
      }
      const version = proposal && proposal.tokens.length > 0 ? proposal.version : null
      taken.push({ position, version, drafter: trial?.drafter, tokens: tokens.length })
      session.commit({ tokens, hidden: tokens.map(() => hidden) })
      last = tokens.at(-1) ?? last
      position += tokens.length
    }
    session.close(true)
    return taken
  }
  return { speculator, candidate, steps, demoted }
}

describe('a candidate', () => {
  it('drafts for its share of the steps and no more, and what serves drafts for the others', async () => {
    const { steps } = await trying({ share: 0.25 })
    const taken = await steps(1_200, 'req_1 0')
    const by = (version: string) => taken.filter((each) => each.version === version)
    expect(by('adp_tried').length / taken.length).toBeGreaterThan(0.2)
    expect(by('adp_tried').length / taken.length).toBeLessThan(0.3)
    expect(by('adp_served').length).toBe(taken.length - by('adp_tried').length)
    for (const { version, drafter } of taken) expect(drafter === 'candidate').toBe(version === 'adp_tried')
  })

  it('has the same turns wherever its sequence goes on, and others in another one', async () => {
    const turns = async (name: string) => {
      const { steps } = await trying()
      return new Map((await steps(200, name)).map(({ position, drafter }) => [position, drafter]))
    }
    const [one, again, other] = [await turns('req_1 0'), await turns('req_1 0'), await turns('req_2 0')]
    const differing = (a: typeof one, b: typeof one) => [...a].filter(([at, who]) => b.has(at) && b.get(at) !== who)
    expect(differing(one, again)).toEqual([])
    expect(differing(one, other).length).toBeGreaterThan(10)
  })

  it('as good as what serves gets as much done at its steps', async () => {
    const { steps } = await trying({ share: 0.5 })
    const taken = await steps(3_000, 'req_1 0')
    const mean = (drafter: string) => {
      const own = taken.filter((each) => each.drafter === drafter)
      return own.reduce((sum, { tokens }) => sum + tokens, 0) / own.length
    }
    expect(mean('candidate') / mean('rival')).toBeGreaterThan(0.93)
    expect(mean('candidate') / mean('rival')).toBeLessThan(1.07)
  })

  it('that is bad is demoted at its own steps, and what serves goes on', async () => {
    const { speculator, candidate, steps, demoted } = await trying({ values: poisonedAdapter(3) })
    const taken = await steps(600, 'req_1 0')
    expect(demoted).toEqual(['ten_a adp_tried'])
    expect([speculator.live('ten_a'), speculator.tried('ten_a')]).toEqual(['adp_served', undefined])
    expect(taken.filter(({ version }) => version === 'adp_tried').length).toBeLessThan(60)
    expect(taken.at(-1)).toMatchObject({ version: 'adp_served', drafter: undefined })
    speculator.want('ten_a', served.ref, { ...candidate.ref, share: 0.25 })
    await new Promise((resolve) => setImmediate(resolve))
    expect(speculator.tried('ten_a')).toBeUndefined()
  })

  it('is compared with the static draft where its tenant has none of its own', async () => {
    const { steps, speculator } = await trying({ isServed: false })
    const session = speculator.open({ tenant: 'ten_a', prompt: [0, 1], name: 'req_1 0' })
    expect(session.trial?.()).toMatchObject({ candidate: 'adp_tried', rival: null })
    session.close(false)
    const taken = await steps(100, 'req_1 0')
    expect(new Set(taken.map(({ version }) => version))).toEqual(new Set(['adp_tried', null]))
  })

  it('goes with its tenant, and when it is no longer wanted', async () => {
    const { speculator, candidate } = await trying()
    speculator.want('ten_a', served.ref)
    expect([speculator.live('ten_a'), speculator.tried('ten_a')]).toEqual(['adp_served', undefined])
    speculator.want('ten_a', served.ref, candidate.ref)
    while (!speculator.tried('ten_a')) await new Promise((resolve) => setImmediate(resolve))
    speculator.forget('ten_a')
    expect([speculator.live('ten_a'), speculator.tried('ten_a')]).toEqual([undefined, undefined])
    expect(speculator.adapterStatistics).toMatchObject({ adapters: 0, bytes: 0, activeAdapters: 0 })
  })
})
