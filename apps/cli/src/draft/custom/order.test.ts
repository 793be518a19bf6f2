import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { WorkerDetails } from '@foretoken/cluster'
import {
  announceProcess,
  claimTrainingRun,
  createTenant,
  type Database,
  finishTrainingRun,
  openDatabase,
  orderTrainingRun,
  registerTarget,
  type Tenant,
} from '@foretoken/db'
import { temporaryDatabase } from '@foretoken/db/testing'
import { newSegmentKey } from '@foretoken/learning'
import { openObjectStore } from '@foretoken/storage'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Connection } from '../../platform/connect.ts'
import { orderRun } from './order.ts'
import { customTarget, trainerRuns } from './target.ts'

let db: Database
let drop: () => Promise<void>
let folder: string
let tenant: Tenant
let on: { readonly target: string; readonly targetId: string }
let connection: Connection

beforeEach(async () => {
  const temporary = await temporaryDatabase()
  drop = temporary.drop
  db = openDatabase(temporary.url)
  folder = mkdtempSync(join(tmpdir(), 'foretoken-order-'))
  const store = openObjectStore(pathToFileURL(join(folder, 'objects')).href)
  connection = { db, queueUrl: temporary.url, trainer: null, store: async () => store, pepper: () => new Uint8Array() }
  const created = await createTenant(db, 'acme')
  if (!created.ok) throw new Error('name taken')
  tenant = created.tenant
  const { id } = await registerTarget(db, { name: 'm', fingerprint: 'fingerprint', form: 'form' })
  on = { target: 'fingerprint', targetId: id }
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true)
})
afterEach(async () => {
  vi.restoreAllMocks()
  await db.close().then(drop)
  rmSync(folder, { recursive: true })
})

async function segment(): Promise<string> {
  const key = newSegmentKey(tenant.id, { target: 'fingerprint', tokens: 100, nowMs: Date.now() })
  await (await connection.store()).put(key, Uint8Array.of(1))
  return key
}

/** Takes the next run, as a trainer would, and returns what ends it. */
async function begun(): Promise<(tracesUntil: string) => Promise<string>> {
  const run = await claimTrainingRun(db, { trainer: 'test', targetId: on.targetId, leaseMs: 60_000, attemptsMax: 3 })
  if (!run) throw new Error('no run yet')
  const lease = { runId: run.id, trainer: 'test', attempt: run.attempts }
  const result = { state: 'rejected', reason: 'No gain.', tokens: 1, baseline: null, candidate: null } as const
  return async (tracesUntil) => {
    await finishTrainingRun(db, tenant.id, lease, { ...result, tracesUntil, draft: null })
    return run.id
  }
}

it('a run that began before the last answers is followed by one that sees them', async () => {
  const early = await segment()
  await orderTrainingRun(db, { tenantId: tenant.id, targetId: on.targetId }, 'tokens')
  const finish = await begun()
  const late = await segment()
  expect(await orderRun(connection, tenant, on, { wait: false, json: true })).toMatchObject({ complete: false })
  const ordered = orderRun(connection, tenant, on, { wait: true, json: true })
  const first = await finish(early)
  const next = await vi.waitFor(begun, { timeout: 30_000 })
  const second = await next(late)
  expect(await ordered).toMatchObject({ complete: true, run: { id: second, tracesUntil: late } })
  expect(first).not.toBe(second)
}, 60_000)

const announce = (role: 'trainer' | 'worker', details: object) => {
  const place = { id: `${role}_1`, state: 'ready', url: null, host: 'here', pid: 1 } as const
  return announceProcess(db, { ...place, role, details }, { leaseMs: 60_000, news: false })
}

it('what the register says is believed: who trains, and that another model is served', async () => {
  expect(await trainerRuns(connection)).toBe(false)
  await announce('trainer', {})
  expect(await trainerRuns(connection)).toBe(true)
  expect(await trainerRuns({ db, trainer: false })).toBe(false)
  const at = { dataDir: folder }
  expect(await customTarget(db, at)).toMatchObject({ id: 'reference-target' })
  const load = { running: 0, waiting: 0, capacity: 16, adapters: 0, targetStepMs: 5 }
  const details: WorkerDetails = {
    target: { name: 'mine', fingerprint: 'f1' },
    staticDraft: 'own',
    device: 'cpu',
    weights: 'fp32',
    ...load,
  }
  await announce('worker', details)
  await expect(customTarget(db, at)).rejects.toThrow('The workers serve mine, not reference-target.')
  expect(await customTarget(db, { ...at, target: 'reference-target' })).toMatchObject({ id: 'reference-target' })
})
