import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type AdapterPoolEvents, type PooledRef, RecurrentDraft, RecurrentSpeculator } from '@foretoken/drafting'
import { markovDraft, markovTables, successors } from '@foretoken/drafting/testing'
import type { GenerateCall } from '@foretoken/protocol'
import { exampleCall } from '@foretoken/protocol/testing'
import { type ObjectStore, openObjectStore, StorageError } from '@foretoken/storage'
import { createLogger } from '@foretoken/telemetry'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ADAPTER_FILES } from './adapters/files.ts'
import { TenantDrafts } from './drafts.ts'

const draft = await RecurrentDraft.open(
  markovDraft(successors(1), () => true),
  markovTables,
)
afterAll(() => draft.close())

const logger = createLogger('worker', 'silent')
let folder: string
let store: ObjectStore
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'foretoken-drafts-'))
  store = openObjectStore(pathToFileURL(folder).href)
})
afterEach(() => rmSync(folder, { recursive: true }))

/** A speculator that notes what it is told to want. */
class Noting extends RecurrentSpeculator {
  readonly wanted: (string | null)[] = []
  readonly tries: string[] = []

  override want(tenant: string, ref: PooledRef | null, candidate?: PooledRef | null): void {
    this.wanted.push(ref?.id ?? null)
    if (candidate) this.tries.push(`${candidate.id} ${candidate.share}`)
    super.want(tenant, ref, candidate)
  }
}

function create(using: ObjectStore = store, tenantsMax = 100) {
  let opened: ({ events: AdapterPoolEvents } & Pick<Noting, 'wanted' | 'tries'>) | undefined
  const drafts = new TenantDrafts({
    ...{ store: using, target: 'fingerprint', hiddenSize: 4, logger, tenantsMax, retryMs: [0] },
    open: (events) => {
      const neural = new Noting(draft, { ...events, load: () => new Promise(() => {}) })
      opened = { events, wanted: neural.wanted, tries: neural.tries }
      return neural
    },
  })
  if (!opened) throw new Error('the pool was not opened')
  return { drafts, ...opened }
}

const adapter = { id: 'adp_1', contentHash: 'aa', key: 'adapters/ten_a/adp_1' }
const other = { id: 'adp_2', contentHash: 'bb', key: 'adapters/ten_a/adp_2' }
const call = (changes: Partial<GenerateCall> = {}): GenerateCall => ({
  ...exampleCall('m'),
  tenant: 'ten_a',
  adapter,
  ...changes,
})
const nothing = () => undefined

describe("a tenant's draft", () => {
  it('is what its calls name, until they name another or none', () => {
    const { drafts, wanted } = create()
    for (const named of [adapter, adapter, other, null]) drafts.prepare(call({ adapter: named }), nothing)
    expect(wanted).toEqual(['adp_1', 'adp_1', 'adp_2', null])
  })

  it('that was found wanting is unloaded, and said to be so until calls name another', () => {
    const { drafts, events, wanted } = create()
    drafts.prepare(call(), nothing)
    expect(drafts.verdictsOf('ten_a')).toEqual([])
    events.onDemoted('ten_a', adapter, 'it commits fewer tokens.')
    const verdict = { version: 'adp_1', verdict: 'demoted', reason: 'it commits fewer tokens.' }
    for (let request = 0; request < 2; request++) {
      drafts.prepare(call(), nothing)
      expect(drafts.verdictsOf('ten_a')).toEqual([verdict])
      expect(drafts.verdictsOf('ten_b')).toEqual([])
    }
    drafts.prepare(call({ adapter: other }), nothing)
    expect(drafts.verdictsOf('ten_a')).toEqual([])
    expect(wanted).toEqual(['adp_1', null, null, 'adp_2'])
  })

  it('has a candidate tried beside it at its share, until that is found wanting, which says nothing of it', async () => {
    const { drafts, events, wanted, tries } = create()
    const trying = call({ canary: { ...other, share: 0.25 } })
    drafts.prepare(trying, nothing)
    for (const name of ADAPTER_FILES) await store.put(`${other.key}/${name}`, Buffer.from(name))
    expect((await events.load(other, 'ten_a'))?.size).toBe(ADAPTER_FILES.length)
    events.onDemoted('ten_a', other, 'it commits fewer tokens.')
    events.onRefused('ten_a', adapter, 'it is damaged.')
    drafts.prepare(trying, nothing)
    expect(drafts.verdictsOf('ten_a').map(({ version, verdict }) => `${version} ${verdict}`)).toEqual([
      'adp_2 demoted',
      'adp_1 refused',
    ])
    expect([wanted, tries]).toEqual([['adp_1', null], ['adp_2 0.25']])
    drafts.prepare(call(), nothing)
    expect(drafts.verdictsOf('ten_a')).toHaveLength(1)
  })

  it.each(['unreachable', 'denied', 'missing_bucket', 'failed'] as const)(
    'is loaded whole, once the store that said %s is well again',
    async (code) => {
      let outages = 2
      const moody: ObjectStore = {
        get: async (key) => {
          if (outages-- > 0) throw new StorageError(code, 'not now')
          return store.get(key)
        },
        put: (...put) => store.put(...put),
        list: (prefix) => store.list(prefix),
        delete: (key) => store.delete(key),
      }
      const { drafts, events } = create(moody)
      for (const name of ADAPTER_FILES) await store.put(`${adapter.key}/${name}`, Buffer.from(name))
      drafts.prepare(call(), nothing)
      expect([await events.load(adapter, 'ten_a'), await events.load(adapter, 'ten_a')]).toEqual([undefined, undefined])
      const files = await events.load(adapter, 'ten_a')
      expect([...(files ?? [])].map(([name, bytes]) => [name, Buffer.from(bytes).toString()])).toEqual(
        ADAPTER_FILES.map((name) => [name, name]),
      )
      expect(drafts.statistics).toMatchObject({ storeHits: 1, storeMisses: 2, diskHits: 0 })
    },
  )

  it('is refused where its bytes are damaged', async () => {
    const get = () => Promise.reject(new StorageError('corrupt', 'other bytes than were put'))
    const { drafts, events } = create({ put: store.put, list: store.list, delete: store.delete, get })
    drafts.prepare(call(), nothing)
    await expect(events.load(adapter, 'ten_a')).rejects.toThrow('other bytes')
  })

  it('is not looked for once its tenant wants another', async () => {
    const { drafts, events } = create()
    drafts.prepare(call({ adapter: other }), nothing)
    expect(await events.load(adapter, 'ten_a')).toBeUndefined()
  })

  it('without all its files is refused in words', async () => {
    const { drafts, events } = create()
    await store.put(`${adapter.key}/adapter_model.safetensors`, Buffer.from('x'))
    drafts.prepare(call(), nothing)
    await expect(events.load(adapter, 'ten_a')).rejects.toThrow('adapter_config.json is not in the object store')
  })
})

describe('a tenant that was forgotten', () => {
  it('has everything deleted once, before its next request', async () => {
    const { drafts } = create()
    const forgotten: string[] = []
    const forget = (tenant: string) => void forgotten.push(tenant)
    const trace = {
      ...{ tenant: 'ten_a', request: 'req_1', temperature: 0, prompt: new Int32Array(1), tokens: new Int32Array(1) },
      ...{ hidden: new Uint16Array(8), topIds: new Int32Array(8), topLogprobs: new Float32Array(8) },
      arms: new Uint8Array(1),
    }
    drafts.sink.traces?.record(trace)
    drafts.prepare(call({ forgottenMs: 0 }), forget)
    expect(forgotten).toEqual([])
    for (const forgottenMs of [5, 5, 9]) drafts.prepare(call({ forgottenMs }), forget)
    expect(forgotten).toEqual(['ten_a', 'ten_a'])
    await drafts.close()
    const keys: string[] = []
    for await (const { key } of store.list('traces/')) keys.push(key)
    expect(keys).toEqual([])
  })
})

it('of tenants beyond those who are remembered nothing is left, and their next calls say it again', () => {
  const { drafts, events } = create(store, 2)
  drafts.prepare(call({ forgottenMs: 5 }), nothing)
  events.onRefused('ten_a', adapter, 'it is damaged.')
  for (const tenant of ['ten_b', 'ten_c']) drafts.prepare(call({ tenant }), nothing)
  expect(drafts.verdictsOf('ten_a')).toEqual([])
  const forgotten: string[] = []
  drafts.prepare(call({ forgottenMs: 5 }), (tenant) => void forgotten.push(tenant))
  expect(forgotten).toEqual(['ten_a'])
})

it('a worker without an object store records nothing and serves all the same', async () => {
  const drafts = new TenantDrafts({ store: null, target: 'fingerprint', hiddenSize: 4, logger })
  drafts.prepare(call(), nothing)
  expect(drafts.sink).toEqual({})
  expect(drafts.verdictsOf('ten_a')).toEqual([])
  await drafts.close()
})
