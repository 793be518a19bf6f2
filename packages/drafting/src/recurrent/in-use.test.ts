import { afterAll, describe, expect, it } from 'vitest'
import type { AdapterValues } from './adapter.ts'
import { RecurrentDraft } from './recurrent-draft.ts'
import { RecurrentSpeculator } from './speculator.ts'
import { adapterFiles } from './testing/adapter-files.ts'
import { markovAdapter, markovDraft, markovTables, nextToken, shapeOfMarkov, successors } from './testing/markov.ts'

const source = successors(1)
const artifact = markovDraft(source, (token) => token % 3 !== 0)
const draft = await RecurrentDraft.open(artifact, markovTables, { weights: 'fp32', threads: 1 })
afterAll(() => draft.close())

const hidden = new Float32Array(shapeOfMarkov.hiddenSize)
const { bytes } = await draft.prepareAdapter('', markovAdapter(source))

/** Room for one adapter; every tenant has its own. */
function serving(adapter: AdapterValues = markovAdapter(source)) {
  const { ref, files } = adapterFiles('adp_1', artifact, adapter)
  const speculator = new RecurrentSpeculator(
    draft,
    { load: async () => files, onRefused: () => {}, onDemoted: () => {} },
    { bytesMax: 1.5 * bytes, clock: () => 0 },
  )
  const ask = async (tenant: string, times = 1) => {
    for (let time = 0; time < times; time++) speculator.want(tenant, ref)
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
  const open = (tenant: string) => {
    const session = speculator.open({ tenant, prompt: [0, 1] })
    session.prefilled(hidden)
    return session
  }
  return { speculator, ask, open }
}

describe('an adapter', () => {
  it('stays as long as a sequence drafts with it, and goes to who asks more once all of them ended', async () => {
    const { speculator, ask, open } = serving()
    await ask('ten_a')
    const [first, second] = [open('ten_a'), open('ten_a')]
    await ask('ten_b', 20)
    first.close(true)
    first.close(true)
    await ask('ten_b')
    expect([speculator.live('ten_a'), speculator.live('ten_b')]).toEqual(['adp_1', undefined])
    expect(speculator.adapterStatistics).toMatchObject({ activeAdapters: 1, activeBytes: bytes })
    second.close(true)
    await ask('ten_b')
    expect([speculator.live('ten_a'), speculator.live('ten_b')]).toEqual([undefined, 'adp_1'])
    expect(speculator.adapterStatistics).toMatchObject({ adapters: 1, evictions: 1, activeAdapters: 0 })
  })

  it('of a forgotten tenant goes at once, under its live sequence, and is not in use when that ends', async () => {
    const { speculator, ask, open } = serving()
    await ask('ten_a')
    const session = open('ten_a')
    speculator.forget('ten_a')
    expect(speculator.live('ten_a')).toBeUndefined()
    expect(speculator.adapterStatistics).toMatchObject({ adapters: 0, bytes: 0 })
    session.close(true)
    expect(speculator.worthMs('ten_a', 'adp_1')).toBe(0)
    await ask('ten_b')
    expect(speculator.live('ten_b')).toBe('adp_1')
  })

  it('is worth the steps that it was seen to save: much where it helps, little where requests are short', async () => {
    const worthAfter = async (steps: number) => {
      const { speculator, ask, open } = serving()
      await ask('ten_a')
      for (let request = 0; request < 8; request++) {
        const session = open('ten_a')
        let last = 1
        for (let step = 0; step < steps; step++) {
          const [proposal] = await speculator.propose([{ session, arm: 'adaptive', lookaheadMax: 4 }])
          const tokens: number[] = []
          for (const proposed of [...(proposal?.tokens ?? []), -1]) {
            last = nextToken(source, last, request + 1, 5 * step + tokens.length)
            tokens.push(last)
            if (last !== proposed) break
          }
          session.commit({ tokens, hidden: tokens.map(() => hidden) })
        }
        session.close(true)
      }
      return speculator.worthMs('ten_a', 'adp_1')
    }
    const [short, long] = [await worthAfter(3), await worthAfter(60)]
    expect(long).toBeGreaterThan(3 * short)
  })
})
