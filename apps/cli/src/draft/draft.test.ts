import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import {
  advanceDraft,
  claimTrainingRun,
  createCandidate,
  createTenant,
  type Database,
  finishTrainingRun,
  liveDraftVersion,
  newId,
  openDatabase,
  promoteDraft,
  recordAcceptance,
  recordDecisions,
  registerTarget,
  type ServedTarget,
  type TrainingResult,
  tryDraft,
} from '@foretoken/db'
import { temporaryDatabase } from '@foretoken/db/testing'
import { type ObjectStore, openObjectStore } from '@foretoken/storage'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createProgram } from '../program.ts'

let db: Database
let url: string
let drop: () => Promise<void>
let folder: string
let store: ObjectStore
let tenantId: string
let target: ServedTarget

beforeEach(async () => {
  const temporary = await temporaryDatabase()
  ;({ url, drop } = temporary)
  db = openDatabase(url)
  target = await registerTarget(db, { name: 'small', fingerprint: 'f1f1f1f1f1', form: 'form' })
  folder = mkdtempSync(join(tmpdir(), 'foretoken-draft-'))
  store = openObjectStore(pathToFileURL(join(folder, 'objects')).href)
  const created = await createTenant(db, 'acme')
  if (!created.ok) throw new Error('name taken')
  tenantId = created.tenant.id
})
afterEach(async () => {
  vi.restoreAllMocks()
  await db.close().then(drop)
  rmSync(folder, { recursive: true })
})

/** Runs a command in this process; what it wrote to standard output, without the colours that CI gets. */
async function foretoken(...args: string[]): Promise<string> {
  const written: string[] = []
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => written.push(String(chunk)) > 0)
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true)
  const where = ['--data-dir', folder, '--database-url', url]
  await createProgram().parseAsync([...args, ...where], { from: 'user' })
  return stripVTControlCharacters(written.join(''))
}

async function live(): Promise<string> {
  const id = `adp_${(await db.pool.query('select count(*) from draft_versions')).rows[0].count}`
  const artifactUri = `adapters/${tenantId}/${id}`
  for (const name of ['adapter_model.safetensors', 'adapter_config.json']) {
    await store.put(`${artifactUri}/${name}`, Buffer.from(name))
  }
  await createCandidate(db, { id, tenantId, targetId: target.id, contentHash: 'ab', artifactUri })
  await promoteDraft(db, tenantId, id, 'Better by a third.')
  return id
}

const record = (tenant: string, tokens: number) =>
  store.put(
    `traces/${tenant}/01m000000000000000000${String(tokens).padStart(5, '0')}-${tokens}.safetensors`,
    Buffer.of(1),
  )

async function keys(prefix: string): Promise<string[]> {
  const found: string[] = []
  for await (const { key } of store.list(prefix)) found.push(key)
  return found
}

const result: TrainingResult = {
  state: 'rejected',
  reason: 'Acceptance length 1.5 against 1.6.',
  tokens: 5_000,
  tracesUntil: null,
  baseline: { acceptanceLength: 1.6 },
  candidate: { acceptanceLength: 1.5 },
  draft: null,
}

/** Ends the next run, as a trainer would. */
async function trainOnce(ended: TrainingResult): Promise<void> {
  await vi.waitFor(
    async () => {
      const run = await claimTrainingRun(db, { trainer: 'test', targetId: target.id, leaseMs: 60_000, attemptsMax: 3 })
      if (!run) throw new Error('no run yet')
      await finishTrainingRun(db, run.tenantId, { runId: run.id, trainer: 'test', attempt: run.attempts }, ended)
    },
    { timeout: 20_000 },
  )
}

describe('foretoken draft status', () => {
  it('says per tenant what serves it, how well each version drafts, and what it waits for', async () => {
    const id = await live()
    await record(tenantId, 1_500)
    const arm = { steps: 10, committedTokens: 25, proposed: [10, 10], accepted: [9, 6] }
    const arms = [
      { ...arm, arm: 'adaptive', draftVersion: id },
      { ...arm, arm: 'none', draftVersion: null, proposed: [], accepted: [], committedTokens: 10 },
    ]
    await recordAcceptance(db, { id: 'batch_1', targetId: target.id, entries: [{ tenantId, at: new Date(), arms }] })
    const [status] = JSON.parse(await foretoken('draft', 'status', '--json'))
    expect(status).toMatchObject({
      tenant: { name: 'acme' },
      learning: true,
      newTokens: 1_500,
      why: '1500 new tokens; the scheduler has not decided about them yet.',
      live: { id, version: 1 },
      versions: [{ id, state: 'live', acceptance: { acceptanceLength: 2.5, acceptanceRate: 0.75 } }],
      arms: [
        { arm: 'adaptive', draftVersion: id },
        { arm: 'none', acceptanceLength: 1, acceptanceRate: null },
      ],
      runs: [],
    })
    const shown = await foretoken('draft', 'status', '--tenant', 'acme')
    expect(shown).toMatch(/acme .*small f1f1f1f1 .*version 1 .*1500/)
    expect(shown).toMatch(/small +adaptive +1 +10 +2\.50 +75 %/)
  })
})

describe('a draft on trial', () => {
  async function tried(): Promise<string> {
    const id = newId('adapter')
    const files = { contentHash: 'ab', artifactUri: `adapters/${tenantId}/${id}` }
    await createCandidate(db, { id, tenantId, targetId: target.id, ...files })
    await tryDraft(db, tenantId, id, { reason: 'Better.', judgedUntil: null })
    return id
  }
  const decided = (inputs: Record<string, number>) =>
    recordDecisions(db, [
      {
        ...{
          tenantId,
          targetId: target.id,
          topic: 'trial',
          kind: 'watch',
          changes: false,
          value: 1,
          inputs,
          alternatives: [],
        },
        reason: 'Still shadow.',
      },
    ])

  it('is shown by status, with its stage, its requests and its gain, and by why', async () => {
    await live()
    const id = await tried()
    const gains = { 'gain over the static draft': 0.12, 'lower bound over the static draft': 0.03 }
    await decided({ version: 2, requests: 20, needed: 16, ...gains })
    const [status] = JSON.parse(await foretoken('draft', 'status', '--json'))
    const { since, ...trial } = status.trial
    expect(trial).toEqual({
      ...{ id, version: 2, stage: 'shadow', requests: 20, needed: 16 },
      gains: [{ rival: 'the static draft', gain: 0.12, lower: 0.03 }],
    })
    const shown = await foretoken('draft', 'status')
    expect(shown).toMatch(/acme .*version 1, shadow 2 .*20 of 16 requests, \+12\.0 % goodput over the static draft/)
    expect(await foretoken('draft', 'why', 'acme')).toContain('Still shadow.')
    await advanceDraft(db, tenantId, id, { from: 'shadow', reason: 'Better.' })
    // What was said of the shadow is no news of the canary.
    expect(JSON.parse(await foretoken('draft', 'status', '--json'))[0].trial).toMatchObject({
      ...{ stage: 'canary', requests: null, gains: [] },
    })
  })

  it('is what a rollback takes out first', async () => {
    const [first, second] = [await live(), await tried()]
    expect(await foretoken('draft', 'rollback', '--tenant', 'acme')).toContain(
      `the trial of ${second} is over; ${first} goes on serving it. To roll that back too`,
    )
    expect(JSON.parse(await foretoken('draft', 'rollback', '--tenant', 'acme', '--json'))).toMatchObject({
      ...{ rejected: first, live: null, trial: false },
    })
  })
})

describe('foretoken draft adapt', () => {
  it('follows a run to its end and says what it found, also when nothing is better', async () => {
    const said = foretoken('draft', 'adapt', '--tenant', 'acme', '--wait')
    await trainOnce(result)
    expect(await said).toContain('not better, so nothing changes.\nAcceptance length 1.5 against 1.6.')
    expect(await said).toContain('acceptanceLength: 1.6 → 1.5')
  })

  it('fails when the run fails, in its words', async () => {
    const said = foretoken('draft', 'adapt', '--tenant', tenantId, '--wait', '--json')
    const failed = expect(said).rejects.toThrow('It diverged.')
    await trainOnce({ ...result, state: 'failed', reason: 'It diverged.' })
    await failed
  })

  it('orders one run however often it is asked, and does not wait unless it is told to', async () => {
    const orders = [await foretoken('draft', 'adapt', '--tenant', 'acme', '--json')]
    orders.push(await foretoken('draft', 'adapt', '--tenant', 'acme', '--json'))
    const [first, second] = orders.map((order) => JSON.parse(order))
    expect(first).toMatchObject({ state: 'queued', trigger: 'ordered' })
    expect(second.id).toBe(first.id)
  })
})

describe('foretoken draft rollback', () => {
  it('puts the last good draft back, then none, then says that there is none', async () => {
    const [first, second] = [await live(), await live()]
    expect(JSON.parse(await foretoken('draft', 'rollback', '--tenant', 'acme', '--json'))).toMatchObject({
      rejected: second,
      live: first,
    })
    expect(await foretoken('draft', 'rollback', '--tenant', 'acme')).toContain('the static draft serves it')
    await expect(foretoken('draft', 'rollback', '--tenant', 'acme')).rejects.toThrow('no draft of its own in use')
  })
})

describe('drafts of several models', () => {
  let large: ServedTarget
  beforeEach(async () => {
    large = await registerTarget(db, { name: 'large', fingerprint: 'f2f2f2f2f2', form: 'form' })
  })

  it('are ordered, rolled back and explained for the one that is named; without a name the choices are', async () => {
    const choices = 'Several models are served here. Name one with --model: large, small.'
    for (const command of [['adapt'], ['rollback']]) {
      await expect(foretoken('draft', ...command, '--tenant', 'acme')).rejects.toThrow(choices)
    }
    await expect(foretoken('draft', 'why', 'acme')).rejects.toThrow(choices)
    const unknown = foretoken('draft', 'adapt', '--tenant', 'acme', '--model', 'huge')
    await expect(unknown).rejects.toThrow('No model "huge" was ever served here; these were: large, small.')
    const run = JSON.parse(await foretoken('draft', 'adapt', '--tenant', 'acme', '--model', 'large', '--json'))
    expect(run).toMatchObject({ state: 'queued', targetId: large.id })
    await live()
    const none = foretoken('draft', 'rollback', '--tenant', 'acme', '--model', 'large')
    await expect(none).rejects.toThrow('no draft of its own in use on large')
    expect(await foretoken('draft', 'rollback', '--tenant', 'acme', '--model', 'small')).toContain('is out of use')
  })

  it('are shown for each model, with those of earlier weights as what they are', async () => {
    const id = await live()
    await registerTarget(db, { name: 'small', fingerprint: 'f3f3f3f3f3', form: 'form' })
    const statuses = JSON.parse(await foretoken('draft', 'status', '--json'))
    expect(statuses).toMatchObject([
      { target: { name: 'large' }, live: null, versions: [] },
      { target: { name: 'small', fingerprint: 'f3f3f3f3f3' }, live: null, versions: [{ id, state: 'live' }] },
    ])
    expect(await foretoken('draft', 'status', '--model', 'small')).toMatch(/acme +small +f1f1f1f1 +1 /)
  })
})

describe('what was learned from a tenant', () => {
  it('is deleted by `tenant forget`, to the last file, and of no other tenant', async () => {
    const other = await createTenant(db, 'other')
    const otherId = other.ok ? other.tenant.id : ''
    await live()
    await live()
    for (const [tenant, tokens] of [
      [tenantId, 100],
      [tenantId, 200],
      [otherId, 300],
    ] as const) {
      await record(tenant, tokens)
    }
    await store.put(`adapters/${tenantId}/adp_orphan/adapter_config.json`, Buffer.of(1))
    await foretoken('draft', 'adapt', '--tenant', 'acme')
    const said = JSON.parse(await foretoken('tenant', 'forget', 'acme', '--json'))
    expect(said).toEqual({ id: tenantId, adapters: 3, traceSegments: 2, traceTokens: 300, runs: 1 })
    expect([await keys(`traces/${tenantId}/`), await keys('adapters/')]).toEqual([[], []])
    expect(await keys('traces/')).toHaveLength(1)
    expect(await liveDraftVersion(db, { tenantId, targetId: target.id })).toBeNull()
  })

  it('stays in use, but grows no more, when the tenant opts out', async () => {
    const id = await live()
    await record(tenantId, 100)
    expect(await foretoken('tenant', 'learning', 'acme', 'off')).toContain('100 tokens of traces are deleted')
    expect(await keys('traces/')).toEqual([])
    expect((await liveDraftVersion(db, { tenantId, targetId: target.id }))?.id).toBe(id)
    expect(JSON.parse(await foretoken('draft', 'status', '--json'))[0]).toMatchObject({
      learning: false,
      why: 'Opted out of learning.',
    })
    await foretoken('tenant', 'learning', 'acme', 'on')
    expect(JSON.parse(await foretoken('draft', 'status', '--json'))[0]).toMatchObject({ learning: true })
  })
})
