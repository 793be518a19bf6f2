import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listAudit } from '../audit/log.ts'
import { type Database, openDatabase } from '../database.ts'
import { createTenant } from '../queries/tenants.ts'
import { temporaryDatabase } from '../testing.ts'
import { authenticateAdmin, createAdminKey, listAdminKeys, revokeAdminKey } from './admin-keys.ts'
import { authenticate } from './authenticate.ts'
import { createApiKey } from './keys.ts'

const pepper = Buffer.from('a pepper for tests')
let db: Database
let drop: () => Promise<void>
beforeAll(async () => {
  const temporary = await temporaryDatabase()
  db = openDatabase(temporary.url)
  drop = temporary.drop
})
afterAll(() => db.close().then(drop))

describe("an operator's credential", () => {
  it('opens what its role opens until it is revoked or expires, and says when it was used', async () => {
    const owner = await createAdminKey(db, pepper, { name: 'first', role: 'owner' })
    const viewer = await createAdminKey(db, pepper, { name: 'v', role: 'viewer', lifetimeMs: 60_000 })
    expect(await authenticateAdmin(db, pepper, viewer.secret)).toEqual({ id: viewer.id, name: 'v', role: 'viewer' })
    expect((await listAdminKeys(db)).map(({ lastUsedAt }) => lastUsedAt !== null)).toEqual([false, true])
    await db.pool.query("update admin_keys set expires_at = now() - interval '1 ms' where id = $1", [viewer.id])
    expect(await authenticateAdmin(db, pepper, viewer.secret)).toBeNull()
    expect(await authenticateAdmin(db, Buffer.from('another'), owner.secret)).toBeNull()
    expect(await revokeAdminKey(db, viewer.id)).toBe('revoked')
    expect(await revokeAdminKey(db, viewer.id)).toBe('unknown')
    const [last] = await listAudit(db, { recordsMax: 1 })
    expect(last).toMatchObject({ action: 'admin.revoked', subjectId: viewer.id, tenantId: null })
  })

  it('is no key of a tenant, nor the other way round', async () => {
    const admin = await createAdminKey(db, pepper, { name: 'a', role: 'admin' })
    expect(await authenticate(db, pepper, admin.secret)).toBeNull()
    const tenant = await createTenant(db, 'acme')
    if (!tenant.ok) throw new Error('name taken')
    const key = await createApiKey(db, pepper, { tenantId: tenant.tenant.id, name: 'k' })
    expect(await authenticateAdmin(db, pepper, key.secret)).toBeNull()
  })

  it('is always left to one owner, also when two revoke each other', async () => {
    const others = (await listAdminKeys(db)).filter(({ role, revokedAt }) => role === 'owner' && !revokedAt)
    const second = await createAdminKey(db, pepper, { name: 'second', role: 'owner' })
    const outcomes = await Promise.all([...others, second].map(({ id }) => revokeAdminKey(db, id)))
    expect(outcomes.sort()).toEqual(['last_owner', 'revoked'])
  })
})
