import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../database.ts'
import { createApiKey } from '../keys/keys.ts'
import { temporaryDatabase } from '../testing.ts'
import { GATEWAY_LOST, journalOpenRequests, type OpenRequest, settleLostRequests } from './open-requests.ts'
import { announceProcess, removeProcess } from './processes.ts'
import { createTenant } from './tenants.ts'
import { recordUsage, type UsageRecord } from './usage.ts'

let db: Database
let drop: () => Promise<void>
let owner: { tenantId: string; keyId: string }
let asked = 0

beforeAll(async () => {
  const temporary = await temporaryDatabase()
  db = openDatabase(temporary.url)
  drop = temporary.drop
  const created = await createTenant(db, 'a')
  if (!created.ok) throw new Error('name taken')
  const tenantId = created.tenant.id
  owner = { tenantId, keyId: (await createApiKey(db, Buffer.from('pepper'), { tenantId, name: 'k' })).id }
})
afterAll(() => db.close().then(drop))

function open(completionTokens: number, id = `req_${++asked}`): OpenRequest {
  const facts = { model: 'm', endpoint: 'completions', stream: true, startedAt: new Date(1) } as const
  return { ...owner, ...facts, id, promptTokens: 5, cachedTokens: 1, completionTokens }
}

function whole({ id, ...facts }: OpenRequest, completionTokens: number): UsageRecord {
  const ended = { finishedAt: new Date(2), status: 'completed', errorCode: null, speculation: null } as const
  return { ...facts, ...ended, requestId: id, completionTokens }
}

const gateway = (id: string, leaseMs: number) =>
  announceProcess(
    db,
    { id, role: 'gateway', state: 'ready', url: 'http://a', host: 'a', pid: 1, details: {} },
    { leaseMs, news: true },
  )

const billed = async (id: string) =>
  (await db.pool.query('select completion_tokens as tokens, status, error_code from requests where id = $1', [id])).rows

describe('requests of a gateway', () => {
  it('that lives are left alone', async () => {
    await gateway('gtw_alive', 60_000)
    const request = open(3)
    await journalOpenRequests(db, 'gtw_alive', [request])
    expect(await settleLostRequests(db)).toBe(0)
    expect(await billed(request.id)).toEqual([])
  })

  it('that is gone are billed once for what was written down last', async () => {
    await gateway('gtw_lost', 1)
    const request = open(3)
    await journalOpenRequests(db, 'gtw_lost', [request])
    await journalOpenRequests(db, 'gtw_lost', [{ ...request, completionTokens: 7 }])
    await removeProcess(db, { id: 'gtw_lost', role: 'gateway' })
    const settled = await Promise.all(Array.from({ length: 5 }, () => settleLostRequests(db)))
    expect(settled.reduce((sum, each) => sum + each, 0)).toBe(1)
    expect(await billed(request.id)).toEqual([{ tokens: 7, status: 'failed', error_code: GATEWAY_LOST }])
  })

  it('that was only slow are billed as it says itself, and never twice', async () => {
    const request = open(3)
    await journalOpenRequests(db, 'gtw_slow', [request])
    expect(await settleLostRequests(db)).toBe(1)
    await recordUsage(db, [whole(request, 9)])
    await recordUsage(db, [whole(request, 11)])
    expect(await billed(request.id)).toEqual([{ tokens: 9, status: 'completed', error_code: null }])
  })

  it('whose usage came first are not billed again for what was written down late', async () => {
    const request = open(3)
    await recordUsage(db, [whole(request, 9)])
    await journalOpenRequests(db, 'gtw_gone', [request])
    expect(await settleLostRequests(db)).toBe(0)
    expect(await billed(request.id)).toMatchObject([{ tokens: 9 }])
    expect((await db.pool.query('select 1 from open_requests where id = $1', [request.id])).rows).toEqual([])
  })
})
