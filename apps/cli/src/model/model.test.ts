import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tinyGgufFile } from '@foretoken/model/testing/tiny-gguf'
import { referenceTargetFolder } from '@foretoken/reference-target'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dataFolder } from '../data-folder/folder.ts'
import { importModel } from './import.ts'
import { inspectModel, renderModel } from './inspect.ts'
import { resolveModel } from './resolve.ts'

const root = mkdtempSync(join(tmpdir(), 'foretoken-models-'))
const dataDir = join(root, 'data')
const broken = join(root, 'broken')
beforeAll(() => {
  mkdirSync(broken)
  writeFileSync(join(broken, 'config.json'), '{"architectures": ["Elsewhere"]}')
})
afterAll(() => rmSync(root, { recursive: true }))

describe('a model', () => {
  it('is described by what its files say', async () => {
    const summary = await inspectModel(referenceTargetFolder)
    expect(summary).toMatchObject({ architecture: 'Qwen3ForCausalLM', contextLength: expect.any(Number) })
    expect(summary.parameters).toBeGreaterThan(1e6)
    expect(renderModel(summary)).toContain('Qwen3ForCausalLM')
  })

  it('once imported is served by its name, and never replaced', async () => {
    const imported = await importModel(referenceTargetFolder, { name: 'mine', dataDir })
    expect(await resolveModel(dataFolder(dataDir), 'mine')).toEqual(imported)
    expect(readdirSync(imported.folder)).toContain('tokenizer.json')
    await expect(importModel(referenceTargetFolder, { name: 'mine', dataDir })).rejects.toThrow(/"mine" already/)
  })

  it('that can not be served is refused before a file is copied', async () => {
    await expect(importModel(broken, { name: 'other', dataDir })).rejects.toThrow(/config\.json/)
    await expect(importModel(root, { name: 'other', dataDir })).rejects.toThrow(/is not a model/)
    await expect(importModel(referenceTargetFolder, { name: '../up', dataDir })).rejects.toThrow(
      /can't be a model's name/,
    )
    expect(readdirSync(dataFolder(dataDir).models)).toEqual(['mine'])
  })

  it('of a GGUF file is described and imported as one of a folder', async () => {
    const file = await tinyGgufFile({}, 'tiny.F32.gguf')
    const summary = await inspectModel(file)
    expect(summary).toMatchObject({ path: file, architecture: 'LlamaForCausalLM', storedAs: ['F32'], layers: 1 })
    const imported = await importModel(file, { dataDir })
    expect(imported.id).toBe('tiny.F32')
    expect(await resolveModel(dataFolder(dataDir), 'tiny.F32')).toEqual(imported)
    expect(await inspectModel(imported.folder)).toEqual({ ...summary, path: imported.folder })
    await expect(resolveModel(dataFolder(dataDir), file)).rejects.toThrow(/is a file: foretoken model import/)
  })

  it('of a GGUF file that can not be read is refused by what is wrong, and leaves nothing', async () => {
    const before = readdirSync(dataFolder(dataDir).models)
    const file = await tinyGgufFile({ metadata: { 'llama.rope.scaling.type': { type: 'string', value: 'yarn' } } })
    await expect(inspectModel(file)).rejects.toThrow(/can't be imported.*llama\.rope\.scaling\.type: "yarn"/)
    await expect(importModel(file, { dataDir })).rejects.toThrow(/llama\.rope\.scaling\.type/)
    expect(readdirSync(dataFolder(dataDir).models)).toEqual(before)
  })

  it('is the reference target when nothing is asked for', async () => {
    const model = await resolveModel(dataFolder(dataDir), undefined)
    expect(model).toEqual({ id: 'reference-target', folder: referenceTargetFolder })
  })
})
