import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { authenticate, type Database, deleteTenant, disableTenant, openDatabase, revokeApiKey } from '@foretoken/db'
import { temporaryDatabase } from '@foretoken/db/testing'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openCredentials, pepperOf } from '../data-folder/credentials.ts'
import { openDataFolder } from '../data-folder/folder.ts'
import { firstKey } from './first-key.ts'

const root = mkdtempSync(join(tmpdir(), 'foretoken-first-'))
const folder = openDataFolder(root)
let db: Database
let drop: () => Promise<void>
const first = () => firstKey(db, folder, openCredentials(folder))

beforeEach(async () => {
  const temporary = await temporaryDatabase()
  db = openDatabase(temporary.url)
  drop = temporary.drop
})
afterEach(() => db.close().then(drop))
afterAll(() => rmSync(root, { recursive: true }))

describe('the first key', () => {
  it('is the same at every start', async () => {
    const made = await first()
    expect(await first()).toEqual(made)
    expect(await authenticate(db, pepperOf(openCredentials(folder)), made?.apiKey ?? '')).toMatchObject({
      tenantId: made?.tenantId,
      tenantName: 'default',
    })
  })

  it('is made anew, for the same tenant, when it was revoked', async () => {
    const made = await first()
    const keyId = (await authenticate(db, pepperOf(openCredentials(folder)), made?.apiKey ?? ''))?.keyId ?? ''
    await revokeApiKey(db, { tenantId: made?.tenantId ?? '', keyId })
    const again = await first()
    expect(again?.tenantId).toBe(made?.tenantId)
    expect(again?.apiKey).not.toBe(made?.apiKey)
  })

  it.each([disableTenant, deleteTenant])('stays away after %o of the first tenant', async (end) => {
    const made = await first()
    await end(db, made?.tenantId ?? '')
    expect(await first()).toBeNull()
  })
})
