import { createLogger } from '@foretoken/telemetry'
import { describe, expect, it } from 'vitest'
import type { UsageRecord } from '../store.ts'
import { MemoryStore } from '../testing/memory-store.ts'
import { UsageWriter } from './writer.ts'

function create(options: ConstructorParameters<typeof UsageWriter>[2] = { retryMs: 1, retryMsMax: 2 }) {
  const store = new MemoryStore()
  const lines: string[] = []
  const writer = new UsageWriter(store, createLogger('test', 'info', { write: (line) => lines.push(line) }), options)
  return { store, writer, logs: () => lines.join('') }
}

function row(requestId: string): UsageRecord {
  return {
    requestId,
    tenantId: 'ten_a',
    keyId: 'key_a',
    model: 'm',
    endpoint: 'completions',
    startedAt: new Date(0),
    finishedAt: new Date(1),
    promptTokens: 1,
    cachedTokens: 0,
    completionTokens: 1,
    status: 'completed',
    errorCode: null,
    stream: false,
    speculation: null,
  }
}

describe('the usage writer', () => {
  it('writes everything before a flush returns', async () => {
    const { store, writer } = create()
    for (let at = 0; at < 100; at++) writer.write(row(`req_${at}`))
    await writer.flush(1_000)
    expect(store.usage.size).toBe(100)
  })

  it('writes what comes together in one go', async () => {
    const { store, writer } = create()
    const batches: number[] = []
    const record = store.recordUsage.bind(store)
    store.recordUsage = async (usages) => {
      batches.push(usages.length)
      return record(usages)
    }
    for (let at = 0; at < 100; at++) writer.write(row(`req_${at}`))
    await writer.flush(1_000)
    expect(batches).toEqual([100])
  })

  it('retries until the database is back, each row once', async () => {
    const { store, writer } = create()
    let failures = 0
    const record = store.recordUsage.bind(store)
    store.recordUsage = async (usage) => {
      if (failures++ < 20) throw new Error('down')
      return record(usage)
    }
    for (let at = 0; at < 10; at++) writer.write(row(`req_${at}`))
    await writer.flush(5_000)
    expect(store.usage.size).toBe(10)
  })

  it('logs in full what it can not write before the process ends', async () => {
    const { store, writer, logs } = create()
    store.outage = new Error('down')
    writer.write(row('req_lost'))
    await writer.flush(20)
    expect(logs()).toContain('"requestId":"req_lost","tenantId":"ten_a"')
  })

  it('does not repeat what the database refuses', async () => {
    const { store, writer, logs } = create()
    store.outage = Object.assign(new Error('no such key'), { retryable: false })
    writer.write(row('req_refused'))
    await writer.flush(1_000)
    expect(logs()).toContain('the database refused it')
  })

  it('writes all others of a batch of which one is refused', async () => {
    const { store, writer, logs } = create()
    const record = store.recordUsage.bind(store)
    store.recordUsage = async (usages) => {
      if (usages.some(({ requestId }) => requestId === 'req_7')) {
        throw Object.assign(new Error('no such key'), { retryable: false })
      }
      return record(usages)
    }
    for (let at = 0; at < 20; at++) writer.write(row(`req_${at}`))
    await writer.flush(1_000)
    expect(store.usage.size).toBe(19)
    expect(logs().match(/the database refused it/g)).toHaveLength(1)
  })

  it('keeps a bounded number of rows', async () => {
    const { store, writer, logs } = create({ rowsMax: 10, retryMs: 1 })
    store.outage = new Error('down')
    for (let at = 0; at < 100; at++) writer.write(row(`req_${at}`))
    expect(logs()).toContain('the queue is full')
    await writer.flush(5)
  })
})
