import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  ADAPTER_CONFIG_FILE,
  ADAPTER_WEIGHTS_FILE,
  type AdapterPoolEvents,
  type PooledRef,
  SuffixSpeculator,
} from '@foretoken/drafting'
import type { GenerateCall } from '@foretoken/protocol'
import { exampleCall } from '@foretoken/protocol/testing'
import { type ObjectStore, openObjectStore, StorageError } from '@foretoken/storage'
import { createLogger } from '@foretoken/telemetry'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TenantDrafts } from './drafts.ts'

const ADAPTER_FILES = [ADAPTER_WEIGHTS_FILE, ADAPTER_CONFIG_FILE]

const logger = createLogger('worker', 'silent')
let folder: string
let store: ObjectStore
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'foretoken-drafts-'))
  store = openObjectStore(pathToFileURL(folder).href)
})
afterEach(() => rmSync(folder, { recursive: true }))

/** A pool that notes what it is told to want. */
function create(using: ObjectStore = store) {
  const wanted: (string | null)[] = []
  let events: AdapterPoolEvents | undefined
  const drafts = new TenantDrafts({
    store: using,
    target: 'fingerprint',
    hiddenSize: 4,
    logger,
    retryMs: [1],
    open: (given) => {
      events = given
      const want = (_: string, ref: PooledRef | null) => void wanted.push(ref?.id ?? null)
      return Object.assign(new SuffixSpeculator({ endIds: [] }), { want })
    },
  })
  if (!events) throw new Error('the pool was not opened')
  return { drafts, events, wanted }
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

  it('is loaded whole, and a store that is away is waited for', async () => {
    let outages = 3
    const moody: ObjectStore = {
      get: async (key) => {
        if (outages-- > 0) throw new StorageError('unreachable', 'away')
        return store.get(key)
      },
      put: (...put) => store.put(...put),
      list: (prefix) => store.list(prefix),
      delete: (key) => store.delete(key),
    }
    const { drafts, events } = create(moody)
    for (const name of ADAPTER_FILES) await store.put(`${adapter.key}/${name}`, Buffer.from(name))
    drafts.prepare(call(), nothing)
    const ref: PooledRef = { id: adapter.id, contentHash: adapter.contentHash }
    const files = await events.load(ref)
    expect([...files].map(([name, bytes]) => [name, Buffer.from(bytes).toString()])).toEqual(
      ADAPTER_FILES.map((name) => [name, name]),
    )
    expect(outages).toBeLessThan(0)
  })

  it('without all its files is refused in words', async () => {
    const { drafts, events } = create()
    await store.put(`${adapter.key}/adapter_model.safetensors`, Buffer.from('x'))
    drafts.prepare(call(), nothing)
    await expect(events.load(adapter)).rejects.toThrow('adapter_config.json is not in the object store')
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

it('a worker without an object store records nothing and serves all the same', async () => {
  const drafts = new TenantDrafts({ store: null, target: 'fingerprint', hiddenSize: 4, logger })
  drafts.prepare(call(), nothing)
  expect(drafts.sink).toEqual({})
  expect(drafts.verdictsOf('ten_a')).toEqual([])
  await drafts.close()
})
