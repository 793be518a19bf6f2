import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../database.ts'
import { createApiKey, listApiKeys } from '../keys/keys.ts'
import { temporaryDatabase } from '../testing.ts'
import { createTenant } from './tenants.ts'
import { recordUsage, type UsageRecord, usageTotals } from './usage.ts'

let db: Database
let drop: () => Promise<void>
const day = { from: new Date('2026-03-01T00:00:00Z'), to: new Date('2026-03-02T00:00:00Z') }

async function tenantWithKey(name: string) {
  const created = await createTenant(db, name)
  if (!created.ok) throw new Error(`tenant ${name} exists`)
  const tenantId = created.tenant.id
  const { id } = await createApiKey(db, Buffer.from('pepper'), { tenantId, name: 'k' })
  return { tenantId, keyId: id }
}

function usage(owner: { tenantId: string; keyId: string }, changes: Partial<UsageRecord> = {}): UsageRecord {
  return {
    ...owner,
    requestId: `req_${randomUUID()}`,
    model: 'reference-target',
    endpoint: 'chat.completions',
    startedAt: new Date('2026-03-01T10:00:00Z'),
    finishedAt: new Date('2026-03-01T10:00:01Z'),
    promptTokens: 20,
    cachedTokens: 4,
    completionTokens: 30,
    status: 'completed',
    errorCode: null,
    stream: true,
    speculation: null,
    ...changes,
  }
}

beforeAll(async () => {
  const temporary = await temporaryDatabase()
  db = openDatabase(temporary.url)
  drop = temporary.drop
})
afterAll(() => db.close().then(drop))

describe('usage', () => {
  it('counts a request once, however often and concurrently it is written', async () => {
    const owner = await tenantWithKey('retried')
    const record = usage(owner)
    await Promise.all(Array.from({ length: 8 }, () => recordUsage(db, [record])))
    await recordUsage(db, [{ ...record, completionTokens: 999 }])
    const totals = { requests: 1, promptTokens: 20, cachedTokens: 4, completionTokens: 30 }
    expect(await usageTotals(db, owner.tenantId, day)).toEqual(totals)
  })

  it('keeps the summary of speculation', async () => {
    const record = usage(await tenantWithKey('speculative'), {
      speculation: {
        steps: 10,
        draftTokens: 40,
        acceptedTokens: 20,
        acceptanceHistogram: [2, 3, 5],
        lookaheadMax: 4,
        armSteps: { suffix: 6, none: 4, static: undefined },
      },
    })
    await recordUsage(db, [record])
    const { rows } = await db.pool.query('select * from requests where id = $1', [record.requestId])
    expect(rows[0]).toMatchObject({
      verification_steps: 10,
      acceptance_histogram: [2, 3, 5],
      arm_steps: { suffix: 6, none: 4 },
    })
  })

  it('belongs to one tenant and to the period in which the request finished', async () => {
    const [one, other] = [await tenantWithKey('one'), await tenantWithKey('other')]
    await recordUsage(db, [usage(one)])
    await recordUsage(db, [usage(one, { finishedAt: day.to })])
    expect((await usageTotals(db, one.tenantId, day)).requests).toBe(1)
    expect((await usageTotals(db, other.tenantId, day)).requests).toBe(0)
  })

  it("refuses to bill one tenant for another tenant's key", async () => {
    const [one, other] = [await tenantWithKey('payer'), await tenantWithKey('caller')]
    const mixed = recordUsage(db, [usage({ tenantId: one.tenantId, keyId: other.keyId })])
    await expect(mixed).rejects.toMatchObject({ name: 'DatabaseError', code: '23503', retryable: false })
  })

  it('notes when a key was last used, at most once a minute', async () => {
    const owner = await tenantWithKey('punctual')
    const at = (time: string) => usage(owner, { finishedAt: new Date(`2026-03-01T${time}Z`) })
    const lastUsed = async () => (await listApiKeys(db, owner.tenantId))[0]?.lastUsedAt?.toISOString().slice(11, 19)
    for (const [time, expected] of [
      ['10:00:00', '10:00:00'],
      ['10:00:59', '10:00:00'],
      ['10:01:01', '10:01:01'],
      ['09:00:00', '10:01:01'],
    ] as const) {
      await recordUsage(db, [at(time)])
      expect(await lastUsed()).toBe(expected)
    }
  })
})
