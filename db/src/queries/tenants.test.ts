import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../database.ts'
import { temporaryDatabase } from '../testing.ts'
import { latestDraftVersion, registerDraftVersion } from './drafts.ts'
import { createTenant, findTenant, findTenantByName, listTenants, revokeTenant } from './tenants.ts'

let db: Database
let drop: () => Promise<void>
beforeAll(async () => {
  const temporary = await temporaryDatabase()
  db = openDatabase(temporary.url)
  drop = temporary.drop
})
afterAll(() => db.close().then(drop))

describe('a tenant', () => {
  it('has a name of its own, decided once even when two ask at the same time', async () => {
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => createTenant(db, 'contested')))
    expect(outcomes.filter((outcome) => outcome.ok)).toHaveLength(1)
    expect(outcomes.filter((outcome) => !outcome.ok)).toHaveLength(4)
  })

  it('is found by id and by name, and stays listed after it is revoked', async () => {
    const created = await createTenant(db, 'found')
    if (!created.ok) throw new Error('name taken')
    const { id } = created.tenant
    expect(id).toMatch(/^ten_[0-9a-z]{26}$/)
    expect(await findTenant(db, id)).toEqual(await findTenantByName(db, 'found'))
    expect(await revokeTenant(db, id)).toBe(true)
    expect(await revokeTenant(db, id)).toBe(false)
    expect((await listTenants(db)).find((tenant) => tenant.id === id)?.status).toBe('revoked')
  })
})

describe('draft versions', () => {
  const draft = {
    arm: 'static',
    tenantId: null,
    contentHash: '00',
    parentId: null,
    artifactUri: 'file:///drafts/1',
  } as const

  it('give each number of a lineage once, the shared one included', async () => {
    expect(await registerDraftVersion(db, { ...draft, version: 1 })).toMatchObject({ ok: true })
    expect(await registerDraftVersion(db, { ...draft, version: 1 })).toEqual({ ok: false, reason: 'version_taken' })
    expect(await registerDraftVersion(db, { ...draft, version: 2 })).toMatchObject({ ok: true })
    expect(await latestDraftVersion(db, null)).toMatchObject({ version: 2, state: 'candidate' })
  })

  it("never show one tenant's draft to another", async () => {
    const [mine, theirs] = [await createTenant(db, 'drafts-a'), await createTenant(db, 'drafts-b')]
    if (!mine.ok || !theirs.ok) throw new Error('name taken')
    await registerDraftVersion(db, { ...draft, arm: 'adaptive', tenantId: theirs.tenant.id, version: 1 })
    expect(await latestDraftVersion(db, mine.tenant.id)).toBeNull()
    expect(await latestDraftVersion(db, theirs.tenant.id)).toMatchObject({ arm: 'adaptive' })
  })
})
