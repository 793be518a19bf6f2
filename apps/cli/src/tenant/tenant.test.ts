import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTenant, type Database, findTenantByName, openDatabase } from '@foretoken/db'
import { temporaryDatabase } from '@foretoken/db/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { run } from '../testing/run.ts'

let db: Database
let url: string
let drop: () => Promise<void>
let folder: string
beforeEach(async () => {
  const temporary = await temporaryDatabase()
  ;({ url, drop } = temporary)
  db = openDatabase(url)
  folder = mkdtempSync(join(tmpdir(), 'foretoken-tenant-'))
  await createTenant(db, 'acme')
})
afterEach(async () => {
  await db.close().then(drop)
  rmSync(folder, { recursive: true })
})

const foretoken = (...args: string[]) => run(...args, '--data-dir', folder, '--database-url', url)

describe('foretoken tenant weight', () => {
  it('sets the share that the next requests have, by name or id, and the list shows it', async () => {
    expect(await foretoken('tenant', 'list')).toMatch(/STATUS +WEIGHT[^\n]*\n.* acme +active +1 /)
    expect(await foretoken('tenant', 'weight', 'acme', '2.5')).toContain('acme')
    const acme = await findTenantByName(db, 'acme')
    expect(acme?.weight).toBe(2.5)
    expect(await foretoken('tenant', 'list')).toMatch(/ acme +active +2\.5 /)
    const said = await foretoken('tenant', 'weight', acme?.id ?? '', '0.01', '--json')
    expect(JSON.parse(said)).toEqual({ id: acme?.id, weight: 0.01 })
    expect(JSON.parse(await foretoken('tenant', 'list', '--json'))).toMatchObject([{ name: 'acme', weight: 0.01 }])
  })

  it.each(['0', '-1', '0.001', '100.5', 'NaN', 'much', ''])('refuses "%s" and says what it takes', async (weight) => {
    const reason = "'weight'. Expected a number from 0.01 to 100."
    await expect(foretoken('tenant', 'weight', 'acme', weight)).rejects.toThrow(reason)
    expect((await findTenantByName(db, 'acme'))?.weight).toBe(1)
  })

  it('says which command lists the tenants where there is none of this name', async () => {
    await expect(foretoken('tenant', 'weight', 'acne', '2')).rejects.toThrow('foretoken tenant list')
  })
})

describe('foretoken tenant rollouts', () => {
  it('says whether drafts are carried along when weights change', async () => {
    expect((await findTenantByName(db, 'acme'))?.rollouts).toBe(false)
    expect(await foretoken('tenant', 'rollouts', 'acme', 'on')).toContain('judged on them')
    expect((await findTenantByName(db, 'acme'))?.rollouts).toBe(true)
    expect(JSON.parse(await foretoken('tenant', 'rollouts', 'acme', 'off', '--json'))).toMatchObject({
      rollouts: false,
    })
    expect((await findTenantByName(db, 'acme'))?.rollouts).toBe(false)
  })
})

describe('foretoken tenant disable, enable and delete', () => {
  it('ends access for a while, or for good, with what was learned, and the name is free again', async () => {
    const tenant = await findTenantByName(db, 'acme')
    expect(await foretoken('tenant', 'disable', 'acme')).toContain('is disabled')
    expect(await foretoken('tenant', 'list')).toMatch(/ acme +disabled /)
    expect(await foretoken('tenant', 'enable', 'acme')).toContain('is active')
    const deleted = JSON.parse(await foretoken('tenant', 'delete', 'acme', '--json'))
    expect(deleted).toMatchObject({ id: tenant?.id, status: 'deleted', adapters: 0, traceSegments: 0 })
    await expect(foretoken('tenant', 'enable', 'acme')).rejects.toThrow('There is no tenant "acme"')
    await expect(foretoken('tenant', 'enable', tenant?.id ?? '')).rejects.toThrow('was deleted')
    expect(JSON.parse(await foretoken('tenant', 'delete', tenant?.id ?? '', '--json'))).toMatchObject({ adapters: 0 })
    expect(JSON.parse(await foretoken('tenant', 'create', 'acme', '--json'))).toMatchObject({ name: 'acme' })
  })
})
