import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { createTenant, type Database, findTenantByName, openDatabase } from '@foretoken/db'
import { temporaryDatabase } from '@foretoken/db/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createProgram } from '../program.ts'

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
  vi.restoreAllMocks()
  await db.close().then(drop)
  rmSync(folder, { recursive: true })
})

/** Runs a command in this process; what it wrote, with the reason where it exits early. */
async function foretoken(...args: string[]): Promise<string> {
  const written: string[] = []
  const write = (chunk: string | Uint8Array) => written.push(String(chunk)) > 0
  vi.spyOn(process.stdout, 'write').mockImplementation(write)
  vi.spyOn(process.stderr, 'write').mockImplementation(write)
  vi.spyOn(process, 'exit').mockImplementation((code) => {
    throw new Error(`exit ${code}: ${written.join('')}`)
  })
  const where = ['--data-dir', folder, '--database-url', url]
  await createProgram().parseAsync([...args, ...where], { from: 'user' })
  return stripVTControlCharacters(written.join(''))
}

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
