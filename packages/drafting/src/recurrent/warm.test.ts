import { InferenceSession } from '@foretoken/onnx-runtime'
import { expect, it, vi } from 'vitest'
import { RecurrentDraft } from './recurrent-draft.ts'
import { freshAdapter, randomDraft, randomFloats, randomSampling, randomTables } from './testing/index.ts'

const shape = {
  ...{ hiddenSize: 8, stateSize: 12, vocabularySize: 16, markovRank: 4 },
  pointer: { rank: 2, window: 8 },
  adapter: { rank: 2, hotSize: 4, markovRank: 2 },
}

it('a warm draft compiles nothing more, sampled or greedy, with an adapter or without', async () => {
  const draft = await RecurrentDraft.open(randomDraft(1, shape), randomTables(2, 64, shape.hiddenSize), {
    chains: 'graph',
  })
  await draft.warm()
  const create = vi.spyOn(InferenceSession, 'create')
  const adapter = await draft.prepareAdapter('adp_1', freshAdapter(3, shape))
  const start = { hidden: randomFloats(4, shape.hiddenSize), context: draft.contextOf([1, 2]) }
  const noise = { sampling: randomSampling(5), position: 2 }
  for (const more of [{}, { noise }, { adapter }, { adapter, noise }]) {
    const chains = await draft.draft([{ ...start, ...more }, start], 6)
    expect(chains.map(({ tokens }) => tokens.length)).toEqual([6, 6])
  }
  expect(create).not.toHaveBeenCalled()
  await draft.close()
})
