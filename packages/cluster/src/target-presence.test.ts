import { type Database, findTargets, openDatabase } from '@foretoken/db'
import { temporaryDatabase } from '@foretoken/db/testing'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { TargetPresence } from './target-presence.ts'

let db: Database
let drop: () => Promise<void>
beforeEach(async () => {
  const temporary = await temporaryDatabase()
  db = openDatabase(temporary.url)
  drop = temporary.drop
})
afterEach(() => db.close().then(drop))

const target = { name: 'm', fingerprint: 'f1', form: 'form' }

it('keeps its target alive, and tells once that it is registered', async () => {
  const told: string[] = []
  const onError = () => {}
  const presence = new TargetPresence({ db, target, onError, everyMs: 20, onRegistered: (id) => told.push(id) })
  await presence.announce()
  const seen = async () => (await findTargets(db))[0]?.lastSeenAt.getTime() ?? 0
  const first = await seen()
  await expect.poll(seen).toBeGreaterThan(first)
  expect(told).toEqual([await presence.id()])
  presence.close()
})

it('registers later what it could not at first', async () => {
  await db.pool.query('alter table targets rename to away')
  const errors: unknown[] = []
  const presence = new TargetPresence({ db, target, onError: (error) => errors.push(error), everyMs: 20 })
  await presence.announce()
  expect(errors.length).toBeGreaterThan(0)
  await expect(presence.id()).rejects.toThrow()
  await db.pool.query('alter table away rename to targets')
  await expect.poll(async () => (await findTargets(db)).length).toBe(1)
  expect(await presence.id()).toBe((await findTargets(db))[0]?.id)
  presence.close()
})
