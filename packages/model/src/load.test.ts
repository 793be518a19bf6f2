import { rename } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { loadModel } from './load.ts'
import { DeviceError } from './runtime/open-target.ts'
import { copyFolder, goldenFolder } from './testing/folders.ts'

test('a folder loads with everything that serving needs', async () => {
  const model = await loadModel(goldenFolder('llama3'))
  expect(model.id).toBe('llama3')
  expect(model.contextLength).toBe(256)
  expect(model.generationDefaults).toEqual({ eosIds: [2, 0], temperature: 0.7, topK: 20, topP: 0.8 })
  expect(model.tokenizer.eosIds).toEqual([2, 0])
  expect(model.target.shape).toEqual({
    layers: 2,
    keyValueHeads: 1,
    headDim: 16,
    hiddenSize: 64,
    vocabularySize: 320,
    positionsMax: 256,
  })
  await model.target.close()
})

test('the id can be chosen, and eos falls back to config.json', async () => {
  const folder = await copyFolder('qwen3')
  await rename(`${folder}/generation_config.json`, `${folder}/unused.json`)
  const model = await loadModel(folder, { id: 'mine' })
  expect([model.id, model.generationDefaults]).toEqual(['mine', { eosIds: [2] }])
  await model.target.close()
})

test('a device that is not there is refused by name', async () => {
  await expect(loadModel(goldenFolder('qwen3'), { device: 'abacus' })).rejects.toThrow(DeviceError)
})
