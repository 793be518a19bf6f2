import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { targetFingerprint } from './fingerprint.ts'

const golden = fileURLToPath(new URL('../../golden/qwen3', import.meta.url))
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'foretoken-fingerprint-'))
  cpSync(golden, folder, { recursive: true })
})
afterEach(() => rmSync(folder, { recursive: true }))

describe("a target's fingerprint", () => {
  it('is the same wherever the folder lies', async () => {
    expect(await targetFingerprint(folder)).toBe(await targetFingerprint(golden))
    expect(await targetFingerprint(folder)).toMatch(/^[0-9a-f]{64}$/)
  })

  it.each(['config.json', 'tokenizer.json'])('changes with %s', async (name) => {
    appendFileSync(join(folder, name), ' ')
    expect(await targetFingerprint(folder)).not.toBe(await targetFingerprint(golden))
  })

  it('changes when the same shapes hold other weights', async () => {
    const file = join(folder, 'model.safetensors')
    const bytes = readFileSync(file)
    for (let at = bytes.length >> 1; at < bytes.length; at++) bytes[at] = (bytes[at] ?? 0) ^ 1
    writeFileSync(file, bytes)
    expect(await targetFingerprint(folder)).not.toBe(await targetFingerprint(golden))
  })

  it('does not depend on files that nothing is computed from', async () => {
    writeFileSync(join(folder, 'README.md'), 'Hello')
    expect(await targetFingerprint(folder)).toBe(await targetFingerprint(golden))
  })
})
