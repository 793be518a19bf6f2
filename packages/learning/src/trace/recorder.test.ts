import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Trace } from '@foretoken/engine'
import { type ObjectStore, openObjectStore } from '@foretoken/storage'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { exampleTrace, HIDDEN_SIZE } from '../testing/traces.ts'
import { deleteTraces, outdated, readTraces } from './archive.ts'
import { listSegments, newestSegment } from './keys.ts'
import { type RecorderOptions, TraceRecorder } from './recorder.ts'

let folder: string
let store: ObjectStore
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'foretoken-traces-'))
  store = openObjectStore(pathToFileURL(folder).href)
})
afterEach(() => rmSync(folder, { recursive: true }))

const recorderOf = (options: Partial<RecorderOptions> = {}) =>
  new TraceRecorder({ store, target: 'fingerprint', hiddenSize: HIDDEN_SIZE, flushMs: 3_600_000, ...options })

const traces = (tenant: string, count: number): Trace[] =>
  Array.from({ length: count }, (_, index) => exampleTrace({ tenant, request: `req_${index}` }))

const read = (tenant: string, tokensMax = 1_000_000, target = 'fingerprint') =>
  readTraces(store, { tenant, target, tokensMax })

async function keys(): Promise<string[]> {
  const found: string[] = []
  for await (const { key } of listSegments(store)) found.push(key)
  return found
}

describe('the recorder', () => {
  it("stores each tenant's traces in its own folder, and all of them by its end", async () => {
    const recorder = recorderOf()
    for (const trace of [...traces('ten_a', 3), ...traces('ten_b', 2)]) recorder.record(trace)
    expect(await keys()).toEqual([])
    await recorder.close()
    expect((await keys()).map((key) => key.replace(/[0-9a-z]{26}/, 'ID'))).toEqual([
      'traces/ten_a/ID-15-fingerprint.safetensors',
      'traces/ten_b/ID-10-fingerprint.safetensors',
    ])
    expect((await read('ten_a')).traces).toEqual(traces('ten_a', 3))
    expect(recorder.statistics).toEqual({ recorded: 5, dropped: 0, stored: 5, failures: 0, bytes: 0 })
  })

  it('leaves an archive that can be read from one segment on, and up to it', async () => {
    const recorder = recorderOf()
    for (const trace of traces('ten_a', 4)) {
      recorder.record(trace)
      await recorder.flush()
    }
    await recorder.close()
    const [first, second, third, last] = await keys()
    const between = async (bounds: { after?: string | null | undefined; upTo?: string | null | undefined }) => {
      const { after = null, upTo = null } = bounds
      const archived = await readTraces(store, { tenant: 'ten_a', target: 'fingerprint', tokensMax: 1e6, after, upTo })
      return [archived.traces.map(({ request }) => request), archived.until]
    }
    expect(await between({ after: second })).toEqual([['req_2', 'req_3'], last])
    expect(await between({ upTo: second })).toEqual([['req_0', 'req_1'], second])
    expect(await between({ after: first, upTo: third })).toEqual([['req_1', 'req_2'], third])
    expect(await between({ after: last })).toEqual([[], null])
    expect(await between({})).toEqual([['req_0', 'req_1', 'req_2', 'req_3'], last])
  })

  it('stores as soon as there is enough, without being asked', async () => {
    const recorder = recorderOf({ flushTokens: 10 })
    for (const trace of traces('ten_a', 3)) recorder.record(trace)
    await expect.poll(keys).toHaveLength(1)
    await recorder.close()
    expect((await read('ten_a')).traces).toHaveLength(3)
  })

  it('keeps within its memory while the store is slow, drops what is new, and loses nothing it has taken', async () => {
    let open = () => {}
    const opened = new Promise<void>((resolve) => {
      open = resolve
    })
    const slow: ObjectStore = { ...bound(store), put: async (...put) => opened.then(() => store.put(...put)) }
    const bytes = recordedBytes()
    const recorder = recorderOf({ store: slow, flushTokens: 10, tenantBytesMax: bytes * 4, bytesMax: bytes * 6 })
    for (const trace of traces('ten_a', 10)) recorder.record(trace)
    for (const trace of traces('ten_b', 10)) recorder.record(trace)
    expect(recorder.statistics).toMatchObject({ recorded: 6, dropped: 14, bytes: bytes * 6 })
    open()
    await recorder.close()
    expect(recorder.statistics).toMatchObject({ stored: 6, bytes: 0 })
    expect((await read('ten_a')).traces).toHaveLength(4)
    expect((await read('ten_b')).traces).toHaveLength(2)
  })

  it('stores later what a failing store refused, once', async () => {
    let failing = true
    const errors: unknown[] = []
    const moody: ObjectStore = {
      ...bound(store),
      put: (...put) => (failing ? Promise.reject(new Error('away')) : store.put(...put)),
    }
    const recorder = recorderOf({ store: moody, onError: (error) => errors.push(error) })
    for (const trace of traces('ten_a', 2)) recorder.record(trace)
    await recorder.flush()
    recorder.record(exampleTrace({ request: 'req_2' }))
    expect(errors).toHaveLength(1)
    failing = false
    await recorder.close()
    expect((await read('ten_a')).traces).toEqual(traces('ten_a', 3))
    expect(recorder.statistics).toMatchObject({ stored: 3, failures: 1, bytes: 0 })
  })

  it('leaves nothing of a tenant that is forgotten, also of what was just being written', async () => {
    let forget = () => {}
    const late: ObjectStore = {
      ...bound(store),
      put: async (...put) => {
        const outcome = await store.put(...put)
        forget()
        return outcome
      },
    }
    const recorder = recorderOf({ store: late })
    forget = () => recorder.forget('ten_a')
    for (const trace of traces('ten_a', 2)) recorder.record(trace)
    await recorder.close()
    expect(await keys()).toEqual([])
    expect(recorder.statistics.bytes).toBe(0)
    recorder.record(exampleTrace())
    recorder.forget('ten_a')
    await recorder.flush()
    expect(await keys()).toEqual([])
  })

  it('never writes outside the folder of traces', async () => {
    const recorder = recorderOf()
    for (const tenant of ['..', '.', '', 'a/b', 'a\\b']) recorder.record(exampleTrace({ tenant }))
    await recorder.close()
    expect(recorder.statistics).toMatchObject({ recorded: 0, dropped: 5 })
  })
})

describe('the archive', () => {
  async function record(tenant: string, count: number, target = 'fingerprint') {
    for (const trace of traces(tenant, count)) {
      const recorder = recorderOf({ target })
      recorder.record(trace)
      await recorder.close()
    }
  }

  it('gives the newest traces, oldest first, as many as are wanted', async () => {
    await record('ten_a', 4)
    const { traces: newest, tokens, until } = await read('ten_a', 8)
    expect(newest.map(({ request }) => request)).toEqual(['req_2', 'req_3'])
    expect(tokens).toBe(10)
    expect(until).toBe((await keys()).at(-1))
    expect(await read('ten_b')).toEqual({ traces: [], tokens: 0, skipped: 0, until: null })
  })

  it('skips what a disk has damaged', async () => {
    await record('ten_a', 2)
    const path = join(folder, (await keys())[0] ?? '')
    writeFileSync(path, readFileSync(path).subarray(0, -1))
    expect(await read('ten_a')).toMatchObject({ tokens: 5, skipped: 1 })
  })

  it('keeps the traces of two targets apart by their keys alone', async () => {
    await record('ten_a', 2)
    await record('ten_a', 1, 'other')
    expect(await read('ten_a')).toMatchObject({ tokens: 10, skipped: 0, until: (await keys())[1] })
    expect(await read('ten_a', 1_000_000, 'other')).toMatchObject({ tokens: 5, skipped: 0, until: (await keys())[2] })
    expect(await newestSegment(store, 'ten_a', 'fingerprint')).toBe((await keys())[1])
    expect(await newestSegment(store, 'ten_a', 'third')).toBeNull()
  })

  it('reads segments of before their keys named a target, and finds out what they are of', async () => {
    await record('ten_a', 1)
    await record('ten_a', 1, 'other')
    for (const key of await keys()) {
      const bytes = (await store.get(key)) ?? new Uint8Array()
      await store.put(key.replace(/-[a-z]+\.safetensors$/, '.safetensors'), bytes)
      await store.delete(key)
    }
    expect(await read('ten_a')).toMatchObject({ tokens: 5, skipped: 1, until: (await keys())[1] })
    expect(await read('ten_a', 1_000_000, 'other')).toMatchObject({ tokens: 5, skipped: 1 })
  })

  it('skips what is damaged or moved from another tenant', async () => {
    await record('ten_a', 1)
    const [sound = ''] = await keys()
    const bytes = (await store.get(sound)) ?? new Uint8Array()
    await store.put('traces/ten_a/01zzzzzzzzzzzzzzzzzzzzzzzz-5.safetensors', bytes.subarray(0, 99))
    await store.put('traces/ten_b/01zzzzzzzzzzzzzzzzzzzzzzzz-5.safetensors', bytes)
    expect(await read('ten_a')).toMatchObject({ tokens: 5, skipped: 1 })
    expect(await read('ten_b')).toMatchObject({ traces: [], skipped: 1 })
  })

  it("deletes one tenant's segments, all or those before a moment, and no other's", async () => {
    await record('ten_a', 2)
    await record('ten_b', 1)
    expect(await deleteTraces(store, 'ten_a', 0)).toEqual({ segments: 0, tokens: 0 })
    expect(await deleteTraces(store, 'ten_a')).toEqual({ segments: 2, tokens: 10 })
    expect((await read('ten_b')).traces).toHaveLength(1)
    expect((await read('ten_a')).traces).toEqual([])
  })

  it('calls outdated what lies wholly behind enough newer tokens', () => {
    const segments = [4, 3, 2, 5].map((tokens, i) => ({
      ...{ key: `${i}`, tenant: 'ten_a', target: null },
      ...{ tokens, writtenMs: i },
    }))
    const keysOf = (tokensMax: number) => outdated(segments, tokensMax).map(({ key }) => key)
    expect([keysOf(100), keysOf(8), keysOf(7), keysOf(5), keysOf(0)]).toEqual([
      [],
      ['0'],
      ['0', '1'],
      ['0', '1', '2'],
      ['0', '1', '2', '3'],
    ])
  })
})

/** A store's methods on their own, so that a test can replace one. */
const bound = (real: ObjectStore): ObjectStore => ({
  get: (key) => real.get(key),
  put: (...put) => real.put(...put),
  list: (prefix) => real.list(prefix),
  delete: (key) => real.delete(key),
})

/** What one example takes. */
function recordedBytes(): number {
  const recorder = recorderOf()
  recorder.record(exampleTrace())
  return recorder.statistics.bytes
}
