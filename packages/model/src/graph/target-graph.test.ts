import { expect, test } from 'vitest'
import { openCheckpoint } from '../checkpoint/checkpoint.ts'
import { goldenFolder } from '../testing/folders.ts'
import { buildTargetGraph } from './target-graph.ts'

test('the cache goes in and the delta comes out', async () => {
  const graph = await buildTargetGraph(await openCheckpoint(goldenFolder('qwen3')), { weights: 'fp32' })
  const shapes = (values: typeof graph.inputs) => Object.fromEntries(values.map(({ name, shape }) => [name, shape]))
  const cache = ['batch', 2, 'capacity', 32]
  expect(shapes(graph.inputs)).toEqual({
    tokens: ['batch', 'length'],
    positions: ['batch', 'length'],
    mask: ['batch', 1, 'length', '(capacity+length)'],
    score_sizes: [2],
    logit_rows: ['rows'],
    'keys.0': cache,
    'values.0': cache,
    'keys.1': cache,
    'values.1': cache,
  })
  expect(shapes(graph.outputs)).toEqual({
    logits: ['rows', 320],
    hidden: ['rows', 64],
    delta: ['4*batch', 2, 'length', 32],
  })
})

test('names tell where a node belongs', async () => {
  const graph = await buildTargetGraph(await openCheckpoint(goldenFolder('llama3')), { weights: 'int4' })
  const names = graph.nodes.map(({ name }) => name)
  expect(names).toContain('layer.1/attention/MatMulNBits')
  expect(names).toContain('layer.0/feed-forward/QuickGelu')
})

test.each([
  ['hidden_size', { hiddenSize: 48 }],
  ['intermediate_size', { feedForwardSize: 65 }],
  ['head_dim', { headDim: 10 }],
])('quantised weights whose %s leaves a broken block are refused', async (field, change) => {
  const checkpoint = await openCheckpoint(goldenFolder('qwen3'))
  const uneven = { ...checkpoint, config: { ...checkpoint.config, ...change } }
  await expect(buildTargetGraph(uneven, { weights: 'int8' })).rejects.toMatchObject({ name: 'CheckpointError', field })
})
