import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { authenticateAdmin, type Database, openDatabase } from '@foretoken/db'
import { temporaryDatabase } from '@foretoken/db/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openCredentials, pepperOf } from '../data-folder/credentials.ts'
import { openDataFolder } from '../data-folder/folder.ts'
import { firstAdmin } from '../platform/first-admin.ts'
import { run } from '../testing/run.ts'

const root = mkdtempSync(join(tmpdir(), 'foretoken-admin-'))
const folder = openDataFolder(root)
const credentials = openCredentials(folder)
const pepper = pepperOf(credentials)
let db: Database
let url: string
let drop: () => Promise<void>
beforeAll(async () => {
  const temporary = await temporaryDatabase()
  ;({ url, drop } = temporary)
  db = openDatabase(url)
})
afterAll(async () => {
  await db.close().then(drop)
  rmSync(root, { recursive: true })
})

const admin = (...args: string[]) => run('admin', ...args, '--data-dir', root, '--database-url', url)

describe("operators' credentials", () => {
  it('begin with an owner, whose file nobody else may read, and who is made once', async () => {
    const file = (await firstAdmin(db, folder, credentials)) ?? ''
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const secret = readFileSync(file, 'utf8').trim()
    expect(await authenticateAdmin(db, pepper, secret)).toMatchObject({ role: 'owner' })
    expect(await firstAdmin(db, folder, credentials)).toBe(file)
    expect(readFileSync(file, 'utf8').trim()).toBe(secret)
    rmSync(file)
    expect(await firstAdmin(db, folder, credentials)).toBeNull()
  })

  it('are made, listed and revoked by commands, the last owner excepted', async () => {
    const made = JSON.parse(await admin('create', 'kim', '--role', 'billing', '--expires', '1d', '--json'))
    expect(await authenticateAdmin(db, pepper, made.adminKey)).toEqual({ id: made.id, name: 'kim', role: 'billing' })
    expect(await admin('list')).toMatch(/ kim +billing +fta_/)
    expect(await admin('revoke', made.id)).toContain('Revoked')
    expect(await authenticateAdmin(db, pepper, made.adminKey)).toBeNull()
    await expect(admin('revoke', made.id)).rejects.toThrow('no credential')
    const [owner] = JSON.parse(await admin('list', '--json'))
    await expect(admin('revoke', owner.id)).rejects.toThrow("last owner's")
    await expect(admin('create', 'lee', '--role', 'king')).rejects.toThrow('Allowed choices are owner, admin')
  })
})
