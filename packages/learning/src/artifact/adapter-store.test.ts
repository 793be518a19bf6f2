import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type ObjectStore, openObjectStore } from '@foretoken/storage'
import { type S3Server, startS3Server } from '@foretoken/storage/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AdapterArtifact } from '../adapt/types.ts'
import { deleteAdapter, parseAdapterFileKey, storeAdapter } from './adapter-store.ts'

let folder: string
let server: S3Server
beforeAll(async () => {
  process.env.AWS_ACCESS_KEY_ID = 'test'
  process.env.AWS_SECRET_ACCESS_KEY = 'test'
  folder = mkdtempSync(join(tmpdir(), 'foretoken-adapters-'))
  server = await startS3Server()
  await server.makeBucket('artifacts')
}, 300_000)
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await server.stop()
})

const CONFIG = 'adapter_config.json'
const WEIGHTS = 'adapter_model.safetensors'

/** What one trainer made; `extra` are files that only it has, in its own order. */
function artifact(fill: number, extra: readonly string[] = [], length = 1_000): AdapterArtifact {
  const weights = new Uint8Array(length).fill(fill)
  const files = [...extra, WEIGHTS, CONFIG].map((name) => [name, name === WEIGHTS ? weights : Uint8Array.of(fill)])
  return { contentHash: createHash('sha256').update(weights).digest('hex'), files: Object.fromEntries(files) }
}

async function filesOf(store: ObjectStore, key: string): Promise<Record<string, number | undefined>> {
  const files: Record<string, number | undefined> = {}
  for await (const object of store.list(`${key}/`)) {
    files[object.key.slice(key.length + 1)] = (await store.get(object.key))?.[0]
  }
  return files
}

const stores = [
  ['the file system', () => openObjectStore(pathToFileURL(folder).href)],
  ['S3', () => openObjectStore(`s3://artifacts?forcePathStyle=true&endpoint=${server.endpoint}`)],
] as const

describe.each(stores)('an adapter on %s', (_, open) => {
  it('is stored whole, found by its files’ keys, and deleted whole', async () => {
    const store = open()
    const stored = await storeAdapter(store, { tenant: 'ten_a', id: 'adp_1' }, artifact(1, ['evaluation.json']))
    expect(stored).toMatchObject({ id: 'adp_1', key: 'adapters/ten_a/adp_1' })
    expect(await filesOf(store, stored.key)).toEqual({ 'evaluation.json': 1, [CONFIG]: 1, [WEIGHTS]: 1 })
    expect(parseAdapterFileKey(`${stored.key}/${WEIGHTS}`)).toEqual({ tenant: 'ten_a', folder: stored.key })
    expect(await deleteAdapter(store, stored.key)).toBe(3)
    expect(await filesOf(store, stored.key)).toEqual({})
  })

  it('of an id that was used stays as the first trainer stored it', async () => {
    const owner = { tenant: 'ten_a', id: 'adp_2' }
    const { key } = await storeAdapter(open(), owner, artifact(1))
    const before = await filesOf(open(), key)
    await expect(storeAdapter(open(), owner, artifact(2, ['notes.json']))).rejects.toThrow('has been stored before')
    expect(await filesOf(open(), key)).toEqual(before)
  })

  it.each([1_000, 17 << 20])(
    'of %i bytes that several trainers store at once is one trainer’s, whole',
    async (length) => {
      const owner = { tenant: 'ten_a', id: `adp_${length}` }
      const attempts = [1, 2, 3].map((fill) => {
        const names = [`only-${fill}.json`, 'evaluation.json']
        return storeAdapter(open(), owner, artifact(fill, fill % 2 ? names : names.toReversed(), length))
      })
      const outcomes = (await Promise.allSettled(attempts)).map(({ status }) => status)
      expect(outcomes.toSorted()).toEqual(['fulfilled', 'rejected', 'rejected'])
      const winner = outcomes.indexOf('fulfilled') + 1
      const files = { 'evaluation.json': winner, [`only-${winner}.json`]: winner, [CONFIG]: winner, [WEIGHTS]: winner }
      expect(await filesOf(open(), `adapters/ten_a/${owner.id}`)).toEqual(files)
    },
  )

  it('that lacks a file, or is named by another hash, leaves nothing', async () => {
    const owner = { tenant: 'ten_a', id: 'adp_3' }
    const { contentHash, files } = artifact(1)
    const { [CONFIG]: _config, ...weightsOnly } = files
    await expect(storeAdapter(open(), owner, { contentHash, files: weightsOnly })).rejects.toThrow(CONFIG)
    await expect(storeAdapter(open(), owner, { contentHash: 'ab', files })).rejects.toThrow('content hash')
    expect(await filesOf(open(), 'adapters/ten_a/adp_3')).toEqual({})
  })
})

describe('a key', () => {
  it.each([
    'traces/ten_a/adp_1/a',
    'adapters/ten_a/a',
    'adapters/ten_a',
    'adapters/a/b/c/d',
    'adapters//b/c',
    'x/a/b/c',
  ])('%s is in no adapter’s folder', (key) => expect(parseAdapterFileKey(key)).toBeNull())
})
