import { createHash, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../database.ts'
import { temporaryDatabase } from '../testing.ts'
import { deleteTenant, forgetTenant } from './forget.ts'
import {
  claimIdempotencyKey,
  endIdempotentRequest,
  type IdempotentRequest,
  removeExpiredIdempotencyKeys,
  renewIdempotencyKeys,
} from './idempotency.ts'
import { createTenant } from './tenants.ts'

let db: Database
let drop: () => Promise<void>
let tenants: string[] = []
beforeAll(async () => {
  const temporary = await temporaryDatabase()
  db = openDatabase(temporary.url)
  drop = temporary.drop
  const created = await Promise.all(['a', 'b'].map((name) => createTenant(db, name)))
  tenants = created.map((each) => (each.ok ? each.tenant.id : ''))
})
afterAll(() => db.close().then(drop))

const hash = (text: string) => createHash('sha256').update(text).digest()
const times = { leaseMs: 60_000, keptMs: 3_600_000 }
const named = (name: string, body = 'body', tenantId = tenants[0] ?? ''): IdempotentRequest => {
  const ids = { requestId: `req_${randomUUID()}`, seed: String(Math.floor(Math.random() * 1e9)) }
  return { ...ids, tenantId, keyHash: hash(name), requestHash: hash(body) }
}
const answer = { status: 200, contentType: 'application/json', body: Buffer.from('{"a":1}') }

describe('an idempotency key', () => {
  it('is claimed by one of many, the others are told that it runs', async () => {
    const claims = await Promise.all(
      Array.from({ length: 20 }, (_, at) => claimIdempotencyKey(db, named('race'), `gtw_${at}`, times)),
    )
    expect(claims.filter(({ outcome }) => outcome === 'run')).toHaveLength(1)
    expect(claims.filter(({ outcome }) => outcome === 'running')).toHaveLength(19)
  })

  it('leads to the answer once there is one, and to no other request', async () => {
    const request = named('answered')
    await claimIdempotencyKey(db, request, 'gtw_a', times)
    await endIdempotentRequest(db, { ...request, attempt: 1 }, 'gtw_a', answer)
    const again = await claimIdempotencyKey(db, named('answered'), 'gtw_b', times)
    expect(again).toEqual({ outcome: 'answered', requestId: request.requestId, answer })
    expect(await claimIdempotencyKey(db, named('answered', 'other'), 'gtw_b', times)).toEqual({ outcome: 'mismatch' })
    const foreign = await claimIdempotencyKey(db, named('answered', 'other', tenants[1]), 'gtw_b', times)
    expect(foreign).toMatchObject({ outcome: 'run', attempt: 1 })
  })

  it('whose gateway is gone is taken up with the same id and seed, and the late gateway has no say', async () => {
    const request = named('lost')
    await claimIdempotencyKey(db, request, 'gtw_lost', { ...times, leaseMs: -1 })
    const taken = await claimIdempotencyKey(db, named('lost'), 'gtw_b', times)
    expect(taken).toMatchObject({ outcome: 'run', attempt: 2, requestId: request.requestId, seed: request.seed })
    await endIdempotentRequest(db, { ...request, attempt: 1 }, 'gtw_lost', answer)
    expect(await claimIdempotencyKey(db, named('lost'), 'gtw_c', times)).toEqual({ outcome: 'running' })
  })

  it('holds as long as its gateway renews it', async () => {
    await claimIdempotencyKey(db, named('renewed'), 'gtw_renews', { ...times, leaseMs: -1 })
    await renewIdempotencyKeys(db, 'gtw_renews', 60_000)
    expect(await claimIdempotencyKey(db, named('renewed'), 'gtw_b', times)).toEqual({ outcome: 'running' })
  })

  it('of a request that failed may be tried again at once, and one that expired means another request', async () => {
    const request = named('failed')
    await claimIdempotencyKey(db, request, 'gtw_a', times)
    await endIdempotentRequest(db, { ...request, attempt: 1 }, 'gtw_a', null)
    const again = await claimIdempotencyKey(db, named('failed'), 'gtw_b', { ...times, keptMs: -1 })
    expect(again).toMatchObject({ outcome: 'run', attempt: 2, requestId: request.requestId })
    await db.pool.query('update idempotency_keys set expires_at = now() - interval $$1 second$$ where key_hash = $1', [
      request.keyHash,
    ])
    const other = named('failed', 'other body')
    expect(await claimIdempotencyKey(db, other, 'gtw_b', { ...times, keptMs: -1 })).toMatchObject({
      ...{ outcome: 'run', attempt: 1, requestId: other.requestId, seed: other.seed },
    })
    expect(await removeExpiredIdempotencyKeys(db)).toBe(1)
  })
  it.each([
    ['forgotten', forgetTenant],
    ['deleted', deleteTenant],
  ])('goes with its answer when its tenant is %s', async (name, end) => {
    const created = await createTenant(db, name)
    const tenantId = created.ok ? created.tenant.id : ''
    const request = named('gone', 'body', tenantId)
    await claimIdempotencyKey(db, request, 'gtw_a', times)
    await endIdempotentRequest(db, { ...request, attempt: 1 }, 'gtw_a', answer)
    await end(db, tenantId)
    const again = await claimIdempotencyKey(db, named('gone', 'body', tenantId), 'gtw_a', times)
    expect(again).toMatchObject({ outcome: 'run', attempt: 1 })
  })
})
