import { createLogger } from '@foretoken/telemetry'
import { expect, it } from 'vitest'
import type { AcceptanceRecord } from '../store.ts'
import { MemoryStore } from '../testing/memory-store.ts'
import { AcceptanceWriter } from './acceptance.ts'

const arm: AcceptanceRecord = {
  arm: 'suffix',
  draftVersion: null,
  steps: 3,
  committedTokens: 5,
  proposed: [3, 2],
  accepted: [2, 0],
}

function create() {
  const store = new MemoryStore()
  const lines: string[] = []
  const logger = createLogger('test', 'info', { write: (line) => lines.push(line) })
  return { store, writer: new AcceptanceWriter(store, logger, 60_000), logs: () => lines.join('') }
}

it('what several requests of a tenant did is written once, each tenant by itself, before a flush returns', async () => {
  const { store, writer } = create()
  writer.add('ten_a', new Date(0), [arm])
  writer.add('ten_b', new Date(1), [arm])
  writer.add('ten_a', new Date(2), [arm, arm])
  writer.add('ten_c', new Date(3), [])
  await writer.flush()
  expect(store.acceptance).toEqual([
    { tenantId: 'ten_a', arms: [arm, arm, arm] },
    { tenantId: 'ten_b', arms: [arm] },
  ])
})

it('what the database does not take is said, and not repeated', async () => {
  const { store, writer, logs } = create()
  store.outage = new Error('down')
  writer.add('ten_a', new Date(0), [arm])
  await writer.flush()
  store.outage = null
  await writer.flush()
  expect(store.acceptance).toEqual([])
  expect(logs()).toContain('acceptance not recorded')
})
