import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Database, openDatabase } from './database.ts'
import { guarded } from './errors.ts'
import { transaction } from './prepared.ts'
import { temporaryDatabase } from './testing.ts'

let db: Database
let other: Database
let drop: () => Promise<void>
beforeAll(async () => {
  const temporary = await temporaryDatabase()
  ;[db, other] = [openDatabase(temporary.url), openDatabase(temporary.url)]
  drop = temporary.drop
})
afterAll(async () => {
  await Promise.all([db.close(), other.close()])
  await drop()
})

it('a connection that breaks in the middle of a transaction fails that, which may be tried again, and nothing else', async () => {
  const pidOf = (rows: readonly { pid: number }[]) => rows[0]?.pid ?? 0
  const gone = (pid: number) =>
    expect
      .poll(() =>
        other.pool.query('select from pg_stat_activity where pid = $1', [pid]).then(({ rowCount }) => rowCount),
      )
      .toBe(0)
  const end = async (pid: number) => {
    await other.pool.query('select pg_terminate_backend($1)', [pid])
    await gone(pid)
  }
  const broken = [
    guarded('test', () =>
      db.drizzle.transaction(async (tx) => {
        await end(pidOf((await tx.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`)).rows))
        await tx.execute(sql`select 1`)
      }),
    ),
    transaction(db, 'test', async (client) => {
      await end(pidOf((await client.query('select pg_backend_pid() as pid')).rows))
      await client.query('select 1')
    }),
  ]
  const outcomes = await Promise.allSettled(broken)
  expect(outcomes).toMatchObject([{ reason: { retryable: true } }, { reason: { retryable: true } }])
  expect((await db.pool.query('select 1 as one')).rows).toEqual([{ one: 1 }])
})
