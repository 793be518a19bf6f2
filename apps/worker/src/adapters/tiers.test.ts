import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { drawAt, RecurrentDraft, RecurrentSpeculator } from '@foretoken/drafting'
import { adapterFiles, randomAdapter, randomDraft, randomTables } from '@foretoken/drafting/testing'
import { adapterKey } from '@foretoken/learning'
import type { AdapterRef, GenerateCall } from '@foretoken/protocol'
import { exampleCall } from '@foretoken/protocol/testing'
import { type ObjectStore, openObjectStore } from '@foretoken/storage'
import { type S3Server, startS3Server } from '@foretoken/storage/testing'
import { createAdapterMetrics, createLogger, createRegistry } from '@foretoken/telemetry'
import { afterAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { TenantDrafts } from '../drafts.ts'
import { adapterTiers } from './statistics.ts'

const shape = {
  ...{ hiddenSize: 24, stateSize: 16, vocabularySize: 40, markovRank: 4 },
  pointer: { rank: 4, window: 8 },
  adapter: { rank: 4, hotSize: 6, markovRank: 2 },
}
const artifact = randomDraft(1, shape)
const draft = await RecurrentDraft.open(artifact, randomTables(1, 100, shape.hiddenSize), {
  weights: 'fp32',
  threads: 1,
})
afterAll(() => draft.close())
const variants = Array.from({ length: 40 }, (_, n) => adapterFiles('', artifact, randomAdapter(n, shape)))
const memoryBytes = (await draft.prepareAdapter('', randomAdapter(1, shape))).bytes
const logger = createLogger('worker', 'silent')

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'foretoken-tiers-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
})

/** What a tenant's adapter is; no two tenants have the same id. */
function adapterOf(at: number): { tenant: string; adapter: AdapterRef; files: ReadonlyMap<string, Uint8Array> } {
  const [tenant, id] = [`ten_${at}`, `adp_${at}`]
  const { ref, files } = variants[at % variants.length] ?? { ref: { contentHash: '' }, files: new Map() }
  return { tenant, adapter: { id, contentHash: ref.contentHash, key: adapterKey(tenant, id) }, files }
}

interface Limits {
  readonly memoryAdapters: number
  readonly diskBytes?: number
}

/** A worker's drafts, as `serving.ts` makes them; another call on the same folder is the worker after a restart. */
function worker(store: ObjectStore, { memoryAdapters, diskBytes = 1 << 30 }: Limits) {
  let neural: RecurrentSpeculator | undefined
  const drafts = new TenantDrafts({
    ...{ store, target: 'fingerprint', hiddenSize: shape.hiddenSize, logger },
    disk: { folder: join(folder, 'disk'), bytesMax: diskBytes },
    open: (events) => {
      neural = new RecurrentSpeculator(draft, events, { bytesMax: memoryAdapters * memoryBytes })
      return neural
    },
  })
  onTestFinished(() => drafts.close())
  if (!neural) throw new Error('no draft was opened')
  const speculator = neural
  const call = (at: number, changes: Partial<GenerateCall> = {}): GenerateCall => {
    const { tenant, adapter } = adapterOf(at)
    return { ...exampleCall('m'), tenant, adapter, learn: false, ...changes }
  }
  /** One request of one step, as the engine serves it; which draft proposed, in the same turn. */
  const request = async (at: number): Promise<string | null> => {
    const { tenant } = adapterOf(at)
    drafts.prepare(call(at), () => undefined)
    const session = speculator.open({ tenant, prompt: [at % 100, 1] })
    session.prefilled(new Float32Array(shape.hiddenSize).fill(0.5))
    const arm = session.forecasts(1)[0]?.arm ?? 'static'
    const [proposal] = await speculator.propose([{ session, arm, lookaheadMax: 2 }])
    // The target takes all of it, so that no adapter is found wanting.
    const tokens = [...(proposal?.tokens ?? []), 2]
    session.commit({ tokens, hidden: tokens.map(() => new Float32Array(shape.hiddenSize)) })
    session.close(false)
    return proposal?.version ?? null
  }
  const live = (at: number) => expect.poll(() => speculator.live(`ten_${at}`), { timeout: 30_000 }).toBe(`adp_${at}`)
  return { drafts, speculator, call, request, live }
}

async function register(store: ObjectStore, at: number): Promise<void> {
  const { adapter, files } = adapterOf(at)
  for (const [name, bytes] of files) await store.put(`${adapter.key}/${name}`, bytes)
}

describe('with a bucket as the object store', () => {
  it('a restarted worker has its adapters from disk while the store is away, and no request waits', async () => {
    process.env.AWS_ACCESS_KEY_ID = 'test'
    process.env.AWS_SECRET_ACCESS_KEY = 'test'
    const server: S3Server = await startS3Server()
    let running = true
    const stop = async () => {
      if (running) await server.stop()
      running = false
    }
    onTestFinished(stop)
    await server.makeBucket('adapters-test')
    const url = `s3://adapters-test/prefix?endpoint=${server.endpoint}&region=us-east-1&forcePathStyle=true`
    const store = openObjectStore(url)
    for (const at of [1, 2, 3]) await register(store, at)

    const before = worker(store, { memoryAdapters: 10 })
    // The first request of a cold tenant is served by the static draft, at once.
    expect([await before.request(1), await before.request(2)]).toEqual([artifact.id, artifact.id])
    await before.live(1)
    await before.live(2)
    expect(await before.request(1)).toBe('adp_1')
    expect(before.drafts.statistics).toMatchObject({ storeHits: 2, diskHits: 0 })
    await expect.poll(() => before.drafts.statistics.disk?.loads, { timeout: 30_000 }).toBe(2)

    await stop()
    const after = worker(openObjectStore(url), { memoryAdapters: 10 })
    expect(await after.request(1)).toBe(artifact.id)
    await after.live(1)
    expect(await after.request(1)).toBe('adp_1')
    // What the disk never had is not there, which says nothing about it.
    expect(await after.request(3)).toBe(artifact.id)
    await expect.poll(() => after.drafts.statistics.storeMisses, { timeout: 30_000 }).toBe(1)
    expect(after.drafts.verdictsOf('ten_3')).toEqual([])
    expect(after.drafts.statistics).toMatchObject({ storeHits: 0, diskHits: 1 })
  }, 300_000)
})

describe('with a folder as the object store', () => {
  const open = () => openObjectStore(pathToFileURL(join(folder, 'store')).href)

  it('an adapter that was evicted from memory comes back from disk, and a damaged file from the store', async () => {
    const store = open()
    for (const at of [1, 2]) await register(store, at)
    const { request, live, drafts, speculator } = worker(store, { memoryAdapters: 1 })
    await request(1)
    await live(1)
    for (let time = 0; time < 3; time++) await request(2)
    await live(2)
    await expect.poll(() => drafts.statistics.disk?.loads, { timeout: 30_000 }).toBe(2)
    expect(speculator.live('ten_1')).toBeUndefined()
    for (let time = 0; time < 4; time++) await request(1)
    await live(1)
    expect(drafts.statistics).toMatchObject({ storeHits: 2, diskHits: 1, memory: { evictions: 2, loads: 3 } })

    const { contentHash } = adapterOf(1).adapter
    writeFileSync(join(folder, `disk/ten_1/adp_1/adapter_model.safetensors.${contentHash}`), 'damaged')
    const after = worker(store, { memoryAdapters: 1 })
    await after.request(1)
    await after.live(1)
    expect(after.drafts.statistics).toMatchObject({ storeHits: 1, diskMisses: 1, memory: { loads: 1 } })
    await expect.poll(() => after.drafts.statistics.disk?.loads, { timeout: 30_000 }).toBe(1)
  })

  it('of a tenant that was forgotten nothing stays on disk, whether or not it sends another request', async () => {
    const store = open()
    for (const at of [1, 2, 3]) await register(store, at)
    const { drafts, request, live, call, speculator } = worker(store, { memoryAdapters: 10 })
    for (const at of [1, 2, 3]) {
      await request(at)
      await live(at)
    }
    await expect.poll(() => drafts.statistics.disk?.loads, { timeout: 30_000 }).toBe(3)
    drafts.prepare(call(1, { adapter: null, forgottenMs: 5 }), (tenant) => speculator.forget(tenant))
    expect(speculator.live('ten_1')).toBeUndefined()
    await expect.poll(() => drafts.statistics.disk?.adapters, { timeout: 30_000 }).toBe(2)
    for (const name of adapterOf(2).files.keys()) await store.delete(`${adapterOf(2).adapter.key}/${name}`)
    await drafts.sweep()
    expect(drafts.statistics.disk?.adapters).toBe(1)
    const kept: string[] = []
    for await (const { key } of openObjectStore(pathToFileURL(join(folder, 'disk')).href).list('')) kept.push(key)
    expect(kept.map((key) => key.split('/')[0])).toEqual(['ten_3', 'ten_3'])
  })

  it('of a tenant that is forgotten while its adapter is fetched nothing comes to be', async () => {
    const store = open()
    await register(store, 1)
    let answer = () => {}
    const gate = new Promise<void>((resolve) => {
      answer = resolve
    })
    const slow: ObjectStore = {
      get: async (key) => await gate.then(() => store.get(key)),
      put: (...put) => store.put(...put),
      list: (prefix) => store.list(prefix),
      delete: (key) => store.delete(key),
    }
    const { drafts, request, call, speculator } = worker(slow, { memoryAdapters: 10 })
    await request(1)
    drafts.prepare(call(1, { adapter: null, forgottenMs: 5 }), (tenant) => speculator.forget(tenant))
    answer()
    await expect.poll(() => drafts.statistics.storeHits, { timeout: 30_000 }).toBe(1)
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
    expect(drafts.statistics).toMatchObject({ disk: { adapters: 0, loads: 0 }, memory: { adapters: 0 } })
  })

  it('10,000 tenants are served by one worker, each by its own adapter or the static draft, within all quotas', async () => {
    const limits = { memoryAdapters: 200, diskBytes: 100 * fileBytes }
    const { drafts, request } = worker(await sharedFiles(open()), limits)
    const registry = createRegistry()
    createAdapterMetrics(registry, 'm', () => adapterTiers(drafts.statistics))
    const popular = (draw: number) => Math.floor(TENANTS ** draw) - 1
    let own = 0
    for (let asked = 0; asked < 2 * TENANTS; asked++) {
      const at = asked % 2 === 0 ? asked / 2 : popular(drawAt(1, asked))
      const version = await request(at)
      if (version === `adp_${at}`) own++
      else if (version !== artifact.id) throw new Error(`ten_${at} was served by ${version}`)
      if (asked % 4 === 0) await new Promise((resolve) => setImmediate(resolve))
      const { memory, disk } = drafts.statistics
      if ((memory?.bytes ?? 0) > limits.memoryAdapters * memoryBytes) throw new Error('memory is beyond its quota')
      if ((disk?.bytes ?? 0) > limits.diskBytes) throw new Error('the disk is beyond its quota')
    }
    const { memory, disk } = drafts.statistics
    // Hardly a file is read for nothing.
    expect((memory?.loads ?? 0) - (memory?.adapters ?? 0) - (memory?.evictions ?? 0)).toBeLessThan(20)
    expect(memory?.adapters).toBeGreaterThan(0.9 * limits.memoryAdapters)
    expect(disk?.adapters).toBeGreaterThan(0)
    expect(own).toBeGreaterThan(0.2 * 2 * TENANTS)
    expect(await registry.metrics()).toContain(`foretoken:adapters{model_name="m",tier="memory"} ${memory?.adapters}`)
  }, 120_000)

  const TENANTS = 10_000
  const fileBytes = [...adapterOf(0).files.values()].reduce((sum, { length }) => sum + length, 0)

  /** A store in which tenants' files are those of 40 of them: twenty thousand files take minutes to make and delete. */
  async function sharedFiles(store: ObjectStore): Promise<ObjectStore> {
    for (let at = 0; at < variants.length; at++) await register(store, at)
    return {
      get: (key) => {
        const [, , id, name] = key.split('/')
        return store.get(`${adapterOf(Number(id?.slice(4)) % variants.length).adapter.key}/${name}`)
      },
      put: (...put) => store.put(...put),
      list: (prefix) => store.list(prefix),
      delete: (key) => store.delete(key),
    }
  }
})
