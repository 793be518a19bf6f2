import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../database.ts'
import { TENANT_WEIGHT } from '../tenant-weight.ts'
import { temporaryDatabase } from '../testing.ts'
import { deleteTenant } from './forget.ts'
import {
  changeTenant,
  createTenant,
  disableTenant,
  findTenant,
  findTenantByName,
  listTenants,
  searchTenants,
  setWeight,
} from './tenants.ts'

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

  it('is found by id and by name, and stays listed after it is deleted, its name free again', async () => {
    const created = await createTenant(db, 'found')
    if (!created.ok) throw new Error('name taken')
    const { id } = created.tenant
    expect(id).toMatch(/^ten_[0-9a-z]{26}$/)
    expect(await findTenant(db, id)).toEqual(await findTenantByName(db, 'found'))
    expect(await disableTenant(db, id)).toBe(true)
    expect(await createTenant(db, 'found')).toEqual({ ok: false, reason: 'name_taken' })
    expect(await deleteTenant(db, id)).toMatchObject({ forgottenAt: expect.any(Date) })
    expect(await deleteTenant(db, id)).toBeNull()
    expect(await changeTenant(db, id, { status: 'active' })).toBeNull()
    expect((await listTenants(db)).find((tenant) => tenant.id === id)).toMatchObject({
      status: 'deleted',
      learning: false,
    })
    expect(await findTenantByName(db, 'found')).toBeNull()
    const again = await createTenant(db, 'found')
    expect(again).toMatchObject({ ok: true, tenant: { status: 'active', forgottenAt: null } })
  })

  it('is found by a part of its name, whatever characters that has, page by page', async () => {
    const names = ['search_1', 'search%2', 'searchx3', 'other']
    for (const name of names) await createTenant(db, name)
    const found = async (search: string) =>
      (await searchTenants(db, { search, tenantsMax: 10 })).map((tenant) => tenant.name)
    expect(await found('SEARCH')).toEqual(names.slice(0, 3))
    expect(await found('search_')).toEqual(['search_1'])
    expect(await found('%')).toEqual(['search%2'])
    const [first] = await searchTenants(db, { search: 'search', tenantsMax: 1 })
    const rest = await searchTenants(db, { search: 'search', after: first?.id, tenantsMax: 10 })
    expect(rest.map((tenant) => tenant.name)).toEqual(names.slice(1, 3))
    expect(await searchTenants(db, { search: first?.id, tenantsMax: 10 })).toEqual([first])
    expect(await searchTenants(db, { search: 'search', status: 'disabled', tenantsMax: 10 })).toEqual([])
  })

  it('weighs 1 until told otherwise, and never what would stop the scheduler from being fair', async () => {
    const created = await createTenant(db, 'weighed')
    if (!created.ok) throw new Error('name taken')
    const { id, weight } = created.tenant
    expect(weight).toBe(1)
    for (const allowed of [TENANT_WEIGHT.min, 0.3, TENANT_WEIGHT.max]) {
      expect(await setWeight(db, id, allowed)).toBe(true)
      expect((await findTenant(db, id))?.weight).toBe(allowed)
    }
    for (const refused of [0, -1, 0.0099, 100.01, Number.NaN, Number.POSITIVE_INFINITY]) {
      await expect(setWeight(db, id, refused)).rejects.toMatchObject({ constraint: 'tenants_weight' })
    }
    expect(await setWeight(db, 'ten_nobody', 2)).toBe(false)
  })
})
