import { authenticate, createApiKey, createTenant, openDatabase } from '@foretoken/db'
import { temporaryDatabase } from '@foretoken/db/testing'
import { bench, describe } from 'vitest'
import { postgresStore } from '../store.ts'
import { KeyCache } from './key-cache.ts'

/** `npx vitest bench apps/gateway/src/keys`: a key check from the cache and one that asks the database. */
const pepper = Buffer.alloc(32, 1)
const db = openDatabase((await temporaryDatabase()).url)
const created = await createTenant(db, 'measured')
if (!created.ok) throw new Error('name taken')
const { secret } = await createApiKey(db, pepper, { tenantId: created.tenant.id, name: 'measured' })
const options = { trustMs: 3_600_000, databaseMsMax: 3_000, now: () => performance.now() }
const cache = new KeyCache(postgresStore(db, pepper), options)
await cache.authenticate(secret)

describe('a key check', () => {
  bench('from the cache', async () => {
    await cache.authenticate(secret)
  })

  bench('on the database', async () => {
    await authenticate(db, pepper, secret)
  })
})
