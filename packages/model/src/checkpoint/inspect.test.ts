import { expect, test } from 'vitest'
import { goldenFolder } from '../testing/folders.ts'
import { inspectCheckpoint } from './inspect.ts'

// 20,480 embedding weights and 448 of norms stay fp32; 73,728 of products and the head's copy are quantised, each
// block of 32 with a scale of 4 bytes.
test('a summary states what the folder holds', async () => {
  expect(await inspectCheckpoint(goldenFolder('qwen3'))).toEqual({
    id: 'qwen3',
    architecture: 'Qwen3ForCausalLM',
    parameters: 94_656,
    storedAs: ['F16'],
    layers: 2,
    hiddenSize: 64,
    heads: 4,
    keyValueHeads: 2,
    headDim: 32,
    contextLength: 96,
    vocabularySize: 320,
    tiedHead: true,
    ropeScaling: 'default',
    eosIds: [2, 0],
    hasChatTemplate: true,
    weightBytes: { fp32: 4 * 94_656, int8: 83_712 + 94_208 * 1.125, int4: 83_712 + 94_208 * 0.625 },
    cacheBytesPerToken: 2 * 2 * 2 * 32 * 4,
  })
})
