import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from './database.ts'
import { DatabaseError } from './errors.ts'
import { authenticate } from './keys/authenticate.ts'
import { generateSecret } from './keys/format.ts'
import { createApiKey } from './keys/keys.ts'
import { temporaryDatabase } from './testing.ts'

let db: Database
let url: string
let drop: () => Promise<void>
beforeAll(async () => {
  const temporary = await temporaryDatabase()
  db = openDatabase(temporary.url)
  url = temporary.url
  drop = temporary.drop
})
afterAll(() => db.close().then(drop))

const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => null,
    (error) => error,
  )

describe('a database error', () => {
  it('names operation, code and constraint, and holds no parameter anywhere in it', async () => {
    const owner = { tenantId: 'ten_confidential', name: 'a confidential name' }
    const error = await failureOf(createApiKey(db, Buffer.from('pepper'), owner))
    expect(error).toMatchObject({ operation: 'create API key', code: '23503', table: 'api_keys', retryable: false })
    expect(inspect(error, { depth: null, showHidden: true })).not.toMatch(/confidential|ftk_|insert into/)
  })

  it('says that a lost server is worth another try', async () => {
    const lost = openDatabase('postgresql://someone:hunter2@127.0.0.1:1/nowhere')
    const error = await failureOf(authenticate(lost, Buffer.from('pepper'), generateSecret()))
    expect(error).toBeInstanceOf(DatabaseError)
    expect(error).toMatchObject({ code: 'ECONNREFUSED', retryable: true })
    expect(inspect(error, { depth: null, showHidden: true })).not.toMatch(/hunter2/)
    await lost.close()
  })

  it('does not end the process when an idle connection breaks', async () => {
    const seen: DatabaseError[] = []
    const fragile = openDatabase(url, { onIdleError: (error) => seen.push(error) })
    const { rows } = await fragile.pool.query('select pg_backend_pid() as pid')
    await db.pool.query('select pg_terminate_backend($1)', [rows[0].pid])
    await expect.poll(() => seen.length).toBe(1)
    expect(seen[0]).toMatchObject({ code: '57P01', retryable: true })
    await fragile.pool.query('select 1')
    await fragile.close()
  })
})
