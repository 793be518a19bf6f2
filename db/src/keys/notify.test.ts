import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Database, openDatabase } from '../database.ts'
import { type Listening, listen } from '../listen.ts'
import { deleteTenant, forgetTenant } from '../queries/forget.ts'
import { createCandidate, promoteDraft, rollBackDraft } from '../queries/promotion.ts'
import { registerTarget } from '../queries/targets.ts'
import { changeTenant, createTenant } from '../queries/tenants.ts'
import { recordUsage, type UsageRecord } from '../queries/usage.ts'
import { temporaryDatabase } from '../testing.ts'
import { TENANTS_CHANNEL } from './authenticate.ts'
import { createApiKey, revokeApiKey, rotateApiKey } from './keys.ts'

const pepper = Buffer.from('a pepper for tests')
let db: Database
let drop: () => Promise<void>
let listening: Listening
const heard: (string | null)[] = []
let tenantId: string

beforeAll(async () => {
  const temporary = await temporaryDatabase()
  db = openDatabase(temporary.url)
  drop = temporary.drop
  listening = listen(temporary.url, TENANTS_CHANNEL, { onNotification: (payload) => heard.push(payload) })
  await vi.waitFor(() => expect(heard).toEqual([null]), { timeout: 20_000 })
  const created = await createTenant(db, 'acme')
  if (!created.ok) throw new Error('name taken')
  tenantId = created.tenant.id
})
afterAll(async () => {
  await listening.close()
  await db.close()
  await drop()
})

/** What was notified by the time that a later notification has come: they keep their order. */
async function heardOf(change: () => Promise<unknown>): Promise<readonly (string | null)[]> {
  heard.length = 0
  await change()
  await db.pool.query('select pg_notify($1, $2)', [TENANTS_CHANNEL, 'end'])
  await expect.poll(() => heard).toContain('end')
  return heard.slice(0, -1)
}

it('listening ends at once, also while it is connecting', async () => {
  const { url, drop: dropIt } = await temporaryDatabase()
  for (let turn = 0; turn < 5; turn++) await listen(url, TENANTS_CHANNEL, { onNotification: () => {} }).close()
  await dropIt()
})

describe('gateways are told, with the commit', () => {
  it('of what ends or narrows a key, but not of one that is new', async () => {
    const key = await createApiKey(db, pepper, { tenantId, name: 'k' })
    const revoke = (keyId: string) => revokeApiKey(db, { tenantId, keyId })
    expect(await heardOf(() => createApiKey(db, pepper, { tenantId, name: 'new' }))).toEqual([])
    const rotate = () => rotateApiKey(db, pepper, { tenantId, keyId: key.id, overlapMs: 1_000 })
    expect(await heardOf(rotate)).toEqual([tenantId])
    expect(await heardOf(() => revoke(key.id))).toEqual([tenantId])
    expect(await heardOf(() => revoke(key.id))).toEqual([])
    const byHand = `update api_keys set scopes = '{usage:read}' where tenant_id = '${tenantId}'`
    expect(await heardOf(() => db.pool.query(byHand))).toEqual([tenantId])
    expect(await heardOf(() => db.pool.query('delete from api_keys where id <> $1', [key.id]))).toEqual([tenantId])
  })

  it('of whatever changes about a tenant', async () => {
    for (const changes of [{ status: 'disabled' }, { status: 'active' }, { learning: false }, { weight: 2 }] as const) {
      expect(await heardOf(() => changeTenant(db, tenantId, changes))).toEqual([tenantId])
      expect(await heardOf(() => changeTenant(db, tenantId, changes))).toEqual([])
    }
  })

  it('of which draft serves it', async () => {
    const { id: targetId } = await registerTarget(db, { name: 'm', fingerprint: 'f1', form: 'form' })
    const draft = { id: 'adp_1', tenantId, targetId, contentHash: '00', artifactUri: 'adapters/a/1' }
    expect(await heardOf(() => createCandidate(db, draft))).toEqual([tenantId])
    expect(await heardOf(() => promoteDraft(db, tenantId, draft.id, 'better'))).toEqual([tenantId])
    expect(await heardOf(() => rollBackDraft(db, { tenantId, targetId }, 'worse'))).toEqual([tenantId])
    expect(await heardOf(() => forgetTenant(db, tenantId))).toEqual([tenantId])
  })

  it('but not of each request', async () => {
    const { id: keyId } = await createApiKey(db, pepper, { tenantId, name: 'used' })
    const usage: UsageRecord = {
      ...{ requestId: 'req_1', tenantId, keyId, model: 'm', endpoint: 'completions', status: 'completed' },
      ...{ startedAt: new Date(1), finishedAt: new Date(2), promptTokens: 1, cachedTokens: 0, completionTokens: 1 },
      ...{ errorCode: null, stream: false, speculation: null },
    }
    expect(await heardOf(() => recordUsage(db, [usage]))).toEqual([])
  })

  it('of its end, once', async () => {
    expect(await heardOf(() => deleteTenant(db, tenantId))).toEqual([tenantId])
  })
})
