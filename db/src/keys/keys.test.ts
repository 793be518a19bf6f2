import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Database, openDatabase } from '../database.ts'
import { createTenant, revokeTenant, setWeight } from '../queries/tenants.ts'
import { temporaryDatabase } from '../testing.ts'
import { authenticate } from './authenticate.ts'
import { generateSecret } from './format.ts'
import { createApiKey, listApiKeys, revokeApiKey } from './keys.ts'

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

  it('ends with its tenant', async () => {
    const tenantId = await tenant('closing')
    const { secret } = await createApiKey(db, pepper, { tenantId, name: 'k' })
    expect(await revokeTenant(db, tenantId)).toBe(true)
    expect(await authenticate(db, pepper, secret)).toBeNull()
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
    expect(await revokeApiKey(db, { tenantId: mine, keyId: 'key_nothing' })).toBe(false)
    expect(await authenticate(db, pepper, secret)).not.toBeNull()
  })
})
