import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { authenticate, createTenant, type Database, listAudit, openDatabase } from '@foretoken/db'
import { temporaryDatabase } from '@foretoken/db/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run } from '../testing/run.ts'

const pepper = Buffer.alloc(32, 3)
const folder = mkdtempSync(join(tmpdir(), 'foretoken-key-'))
let db: Database
let url: string
let drop: () => Promise<void>
beforeAll(async () => {
  const temporary = await temporaryDatabase()
  ;({ url, drop } = temporary)
  db = openDatabase(url)
  process.env.FORETOKEN_KEY_PEPPER = pepper.toString('base64')
  await createTenant(db, 'acme')
})
afterAll(async () => {
  delete process.env.FORETOKEN_KEY_PEPPER
  await db.close().then(drop)
  rmSync(folder, { recursive: true })
})

const key = (...args: string[]) => run('key', ...args, '--tenant', 'acme', '--data-dir', folder, '--database-url', url)
const daysOf = (validForMs: number | null | undefined) => Math.round((validForMs ?? 0) / 86_400_000)

describe('foretoken key', () => {
  it('makes a key for what it was asked to do, that ends when it was asked to', async () => {
    const plain = JSON.parse(await key('create', '--json'))
    expect(plain).toMatchObject({ scopes: ['inference'], expiresAt: null })
    const made = JSON.parse(
      await key('create', '--scope', 'usage:read', '--scope', 'inference', '--expires', '90d', '--json'),
    )
    const authenticated = await authenticate(db, pepper, made.apiKey)
    expect(authenticated?.scopes).toEqual(['usage:read', 'inference'])
    expect(daysOf(authenticated?.validForMs)).toBe(90)
    expect(await key('list')).toMatch(/usage:read inference/)
  })

  it.each([
    [['create', '--scope', 'everything'], 'Allowed choices are inference, usage:read, speculator:manage'],
    [['create', '--expires', 'soon'], 'Expected a time such as 90d, 24h or 30m'],
    [['create', '--expires', '9999d'], 'at most 3650 days'],
    [['rotate', 'key_none', '--overlap', '91d'], 'at most 90 days'],
    [['rotate', 'key_none'], 'has no key key_none in use'],
  ])('refuses %j and says what it takes', async (args, reason) => {
    await expect(key(...args)).rejects.toThrow(reason)
  })

  it('hands one over to another, and the old one goes on for as long as was said', async () => {
    const old = JSON.parse(await key('create', '--name', 'app', '--json'))
    const made = JSON.parse(await key('rotate', old.id, '--overlap', '48h', '--json'))
    expect(made.replaces.id).toBe(old.id)
    expect(daysOf((await authenticate(db, pepper, old.apiKey))?.validForMs)).toBe(2)
    expect(await authenticate(db, pepper, made.apiKey)).toMatchObject({ keyId: made.id, validForMs: null })
    expect(await key('rotate', made.id, '--overlap', '0s')).toMatch(/^ftk_\w+\n\nKey key_\w+ of tenant acme/)
    expect(await authenticate(db, pepper, made.apiKey)).toBeNull()
  })

  it('is on record with whose account ran the command', async () => {
    const { id } = JSON.parse(await key('create', '--json'))
    await key('revoke', id)
    const [revoked] = await listAudit(db, { recordsMax: 1 })
    expect(revoked).toMatchObject({
      action: 'key.revoked',
      subjectId: id,
      actorKind: 'cli',
      actorId: userInfo().username,
    })
  })
})
