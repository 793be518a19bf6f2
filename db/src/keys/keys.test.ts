import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Database, openDatabase } from '../database.ts'
import { deleteTenant } from '../queries/forget.ts'
import { changeTenant, createTenant, disableTenant, setWeight } from '../queries/tenants.ts'
import { temporaryDatabase } from '../testing.ts'
import { authenticate } from './authenticate.ts'
import { generateSecret } from './format.ts'
import { createApiKey, listApiKeys, revokeApiKey, rotateApiKey } from './keys.ts'

const pepper = Buffer.from('a pepper for tests')
let db: Database
let drop: () => Promise<void>
const tenant = async (name: string) => {
  const created = await createTenant(db, name)
  if (!created.ok) throw new Error(`tenant ${name} exists`)
  return created.tenant.id
}

beforeAll(async () => {
  const temporary = await temporaryDatabase()
  db = openDatabase(temporary.url)
  drop = temporary.drop
})
afterAll(() => db.close().then(drop))

describe('an API key', () => {
  it('authenticates as its tenant until it is revoked', async () => {
    const tenantId = await tenant('acme')
    const { id, secret } = await createApiKey(db, pepper, { tenantId, name: 'first' })
    expect(await authenticate(db, pepper, secret)).toMatchObject({ keyId: id, tenantId, tenantName: 'acme' })
    expect(await revokeApiKey(db, { tenantId, keyId: id })).toBe(true)
    expect(await authenticate(db, pepper, secret)).toBeNull()
    expect(await revokeApiKey(db, { tenantId, keyId: id })).toBe(false)
  })

  it('resolves to the weight that its tenant has now', async () => {
    const tenantId = await tenant('weighty')
    const { secret } = await createApiKey(db, pepper, { tenantId, name: 'k' })
    expect(await authenticate(db, pepper, secret)).toMatchObject({ weight: 1 })
    await setWeight(db, tenantId, 2.5)
    expect(await authenticate(db, pepper, secret)).toMatchObject({ weight: 2.5 })
  })

  it('rests while its tenant is disabled, and ends with it', async () => {
    const tenantId = await tenant('closing')
    const { secret } = await createApiKey(db, pepper, { tenantId, name: 'k' })
    expect(await disableTenant(db, tenantId)).toBe(true)
    expect(await authenticate(db, pepper, secret)).toBeNull()
    await changeTenant(db, tenantId, { status: 'active' })
    expect(await authenticate(db, pepper, secret)).toMatchObject({ tenantId })
    await deleteTenant(db, tenantId)
    expect(await authenticate(db, pepper, secret)).toBeNull()
    expect((await listApiKeys(db, tenantId))[0]?.revokedAt).toBeInstanceOf(Date)
  })

  it('may do what it was made for, inference alone where nothing was said', async () => {
    const tenantId = await tenant('scoped')
    const plain = await createApiKey(db, pepper, { tenantId, name: 'plain' })
    const wide = await createApiKey(db, pepper, { tenantId, name: 'wide', scopes: ['usage:read', 'speculator:manage'] })
    expect((await authenticate(db, pepper, plain.secret))?.scopes).toEqual(['inference'])
    expect((await authenticate(db, pepper, wide.secret))?.scopes).toEqual(['usage:read', 'speculator:manage'])
    await expect(createApiKey(db, pepper, { tenantId, name: 'none', scopes: [] })).rejects.toMatchObject({
      constraint: 'api_keys_scopes',
    })
  })

  it('says how long it is valid, and opens nothing afterwards', async () => {
    const tenantId = await tenant('expiring')
    const { id, secret } = await createApiKey(db, pepper, { tenantId, name: 'k', lifetimeMs: 3_600_000 })
    const { validForMs } = (await authenticate(db, pepper, secret)) ?? {}
    expect(validForMs).toBeGreaterThan(3_000_000)
    expect(validForMs).toBeLessThanOrEqual(3_600_000)
    await db.pool.query("update api_keys set expires_at = now() - interval '1 ms' where id = $1", [id])
    expect(await authenticate(db, pepper, secret)).toBeNull()
    expect(await rotateApiKey(db, pepper, { tenantId, keyId: id, overlapMs: 1_000 })).toBeNull()
  })

  it('hands over to the one that takes its place, which does and lasts what it did', async () => {
    const tenantId = await tenant('rotating')
    const old = await createApiKey(db, pepper, {
      ...{ tenantId, name: 'app', lifetimeMs: 90 * 86_400_000 },
      scopes: ['inference', 'usage:read'],
    })
    const rotation = await rotateApiKey(db, pepper, { tenantId, keyId: old.id, overlapMs: 86_400_000 })
    if (!rotation) throw new Error('not rotated')
    const { made } = rotation
    expect(made).toMatchObject({ name: 'app', scopes: ['inference', 'usage:read'], replacesId: old.id })
    const lifetimes = [await authenticate(db, pepper, old.secret), await authenticate(db, pepper, made.secret)]
    expect(lifetimes.map((key) => Math.round((key?.validForMs ?? 0) / 86_400_000))).toEqual([1, 90])
    expect(rotation.old.expiresAt?.getTime()).toBeLessThan(made.expiresAt?.getTime() ?? 0)
  })

  it('is not made to last longer by a rotation, and with no overlap ends at once', async () => {
    const tenantId = await tenant('overlapping')
    const short = await createApiKey(db, pepper, { tenantId, name: 'short', lifetimeMs: 60_000 })
    const rotation = await rotateApiKey(db, pepper, { tenantId, keyId: short.id, overlapMs: 3_600_000 })
    expect(rotation?.old.expiresAt).toEqual(short.expiresAt)
    const endless = await createApiKey(db, pepper, { tenantId, name: 'endless' })
    const at = await rotateApiKey(db, pepper, { tenantId, keyId: endless.id, overlapMs: 0 })
    expect(await authenticate(db, pepper, endless.secret)).toBeNull()
    expect((await authenticate(db, pepper, at?.made.secret ?? ''))?.validForMs).toBeNull()
  })

  it('is unknown under another pepper', async () => {
    const { secret } = await createApiKey(db, pepper, { tenantId: await tenant('peppered'), name: 'k' })
    expect(await authenticate(db, Buffer.from('another'), secret)).toBeNull()
  })

  it('never reaches the database when malformed, and does when merely unknown', async () => {
    const query = vi.spyOn(db.pool, 'query')
    const valid = generateSecret()
    const typo = valid.slice(0, 10) + (valid.charAt(10) === 'a' ? 'b' : 'a') + valid.slice(11)
    expect(await authenticate(db, pepper, typo)).toBeNull()
    expect(await authenticate(db, pepper, `${valid}' or 1=1`)).toBeNull()
    expect(query).not.toHaveBeenCalled()
    expect(await authenticate(db, pepper, valid)).toBeNull()
    expect(query).toHaveBeenCalledOnce()
    query.mockRestore()
  })

  it('is stored as nothing it could be read back from', async () => {
    const tenantId = await tenant('secretive')
    const { id, secret } = await createApiKey(db, pepper, { tenantId, name: 'k' })
    const { rows } = await db.pool.query('select * from api_keys where id = $1', [id])
    expect(JSON.stringify(rows)).not.toContain(secret.slice(8, -4))
    const [listed] = await listApiKeys(db, tenantId)
    expect(listed?.shown).toBe(`${secret.slice(0, 8)}…${secret.slice(-4)}`)
  })

  it('of another tenant can be neither seen nor revoked, as if it did not exist', async () => {
    const [mine, theirs] = [await tenant('mine'), await tenant('theirs')]
    const { id, secret } = await createApiKey(db, pepper, { tenantId: theirs, name: 'k' })
    expect(await listApiKeys(db, mine)).toEqual([])
    expect(await revokeApiKey(db, { tenantId: mine, keyId: id })).toBe(false)
    expect(await rotateApiKey(db, pepper, { tenantId: mine, keyId: id, overlapMs: 0 })).toBeNull()
    expect(await revokeApiKey(db, { tenantId: mine, keyId: 'key_nothing' })).toBe(false)
    expect(await authenticate(db, pepper, secret)).not.toBeNull()
  })
})
