import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { targetFingerprint } from './fingerprint.ts'
import { haveSameForm } from './form.ts'

const golden = fileURLToPath(new URL('../../golden/qwen3', import.meta.url))
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'foretoken-form-'))
  cpSync(golden, folder, { recursive: true })
})
afterEach(() => rmSync(folder, { recursive: true }))

function change(name: string, fields: Record<string, unknown>): void {
  const file = join(folder, name)
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...fields }, null, 4))
}

describe("a target's form", () => {
  it('stays when weights change, which are another target', async () => {
    const file = join(folder, 'model.safetensors')
    const bytes = readFileSync(file)
    for (let at = bytes.length >> 1; at < bytes.length; at++) bytes[at] = (bytes[at] ?? 0) ^ 1
    writeFileSync(file, bytes)
    expect(await haveSameForm(folder, golden)).toBe(true)
    expect(await targetFingerprint(folder)).not.toBe(await targetFingerprint(golden))
  })

  it('does not depend on how its files are written, or on what a training run leaves in them', async () => {
    change('config.json', { _name_or_path: 'checkpoint-40', transformers_version: '9.0.0', eos_token_id: 1 })
    change('tokenizer.json', { padding: { strategy: 'BatchLongest' }, truncation: { max_length: 8 } })
    expect(await haveSameForm(folder, golden)).toBe(true)
  })

  it.each([
    ['config.json', { num_hidden_layers: 1 }],
    ['config.json', { rms_norm_eps: 0.5 }],
    ['tokenizer.json', { normalizer: { type: 'Lowercase' } }],
  ])('is another when %s has %j', async (name, fields) => {
    change(name, fields)
    expect(await haveSameForm(folder, golden)).toBe(false)
  })
})
