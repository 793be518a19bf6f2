import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../database.ts'
import { TENANT_WEIGHT } from '../tenant-weight.ts'
import { temporaryDatabase } from '../testing.ts'
import { createTenant, findTenant, findTenantByName, listTenants, revokeTenant, setWeight } from './tenants.ts'

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
