import {
  changeTenant,
  createApiKey,
  createTenant,
  type Database,
  deleteTenant,
  type Listening,
  listen,
  openDatabase,
  revokeApiKey,
  rotateApiKey,
  TENANTS_CHANNEL,
} from '@foretoken/db'
import { temporaryDatabase } from '@foretoken/db/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { chat, PATH } from '../routes/chat-completions/example.ts'
import { postgresStore } from '../store.ts'
import { Harness } from '../testing/harness.ts'

const pepper = Buffer.alloc(32, 7)
/** Longer than any test takes: what is noticed in time was not noticed because trust had ended. */
const TRUST_MS = 3_600_000

let db: Database
let url: string
let drop: () => Promise<void>
let tenantId: string
const gateways: Harness[] = []

beforeEach(async () => {
  const temporary = await temporaryDatabase()
  ;({ url, drop } = temporary)
  db = openDatabase(url)
  const created = await createTenant(db, 'acme')
  if (!created.ok) throw new Error('name taken')
  tenantId = created.tenant.id
})
afterEach(async () => {
  await Promise.all(gateways.splice(0).map((gateway) => gateway.close()))
  await db.close()
  await drop()
})

interface Hearing {
  readonly keyCacheMs?: number
  readonly retryMs?: readonly number[]
  readonly deaf?: boolean
}

/** A gateway on the real database, as the process sets it up. */
async function start({ keyCacheMs = TRUST_MS, retryMs, deaf = false }: Hearing = {}): Promise<Harness> {
  let listening: Listening | undefined
  let hears = false
  const gateway = await Harness.start({
    store: postgresStore(db, pepper),
    limits: { keyCacheMs },
    ...(!deaf && {
      followTenants: (onChange) => {
        const onNotification = (tenant: string | null) => {
          hears = true
          onChange(tenant)
        }
        listening = listen(url, TENANTS_CHANNEL, { onNotification, ...(retryMs && { retryMs }) })
        return () => listening?.close() ?? Promise.resolve()
      },
    }),
  })
  gateways.push(gateway)
  if (!deaf) await expect.poll(() => hears).toBe(true)
  return gateway
}

async function statusAt(gateway: Harness, secret: string): Promise<number> {
  const answer = await gateway.post(PATH, chat, { headers: { authorization: `Bearer ${secret}` } })
  await answer.text()
  return answer.status
}
const makeKey = (name: string) => createApiKey(db, pepper, { tenantId, name })

describe('every gateway', () => {
  it('refuses a key that was revoked or handed over, and those of a tenant that was disabled or deleted', async () => {
    const both = [await start(), await start()]
    const [revoked, rotated, other] = [await makeKey('revoked'), await makeKey('rotated'), await makeKey('other')]
    const statuses = (secret: string) => Promise.all(both.map((gateway) => statusAt(gateway, secret)))
    for (const { secret } of [revoked, rotated, other]) expect(await statuses(secret)).toEqual([200, 200])

    await revokeApiKey(db, { tenantId, keyId: revoked.id })
    await expect.poll(() => statuses(revoked.secret)).toEqual([401, 401])
    const rotation = await rotateApiKey(db, pepper, { tenantId, keyId: rotated.id, overlapMs: 0 })
    expect(await statuses(rotation?.made.secret ?? '')).toEqual([200, 200])
    await expect.poll(() => statuses(rotated.secret)).toEqual([401, 401])
    expect(await statuses(other.secret)).toEqual([200, 200])

    await changeTenant(db, tenantId, { status: 'disabled' })
    await expect.poll(() => statuses(other.secret)).toEqual([401, 401])
    await changeTenant(db, tenantId, { status: 'active' })
    expect(await statuses(other.secret)).toEqual([200, 200])
    await deleteTenant(db, tenantId)
    await expect.poll(() => statuses(other.secret)).toEqual([401, 401])
  })

  it('uses what a tenant was changed to', async () => {
    const gateway = await start()
    const { secret } = await makeKey('k')
    const learnAndWeight = async () => {
      await statusAt(gateway, secret)
      const call = gateway.worker.calls.at(-1)
      return [call?.learn, call?.weight]
    }
    expect(await learnAndWeight()).toEqual([true, 1])
    await changeTenant(db, tenantId, { learning: false, weight: 3 })
    await expect.poll(learnAndWeight).toEqual([false, 3])
  })

  it('asks anew about all keys once it hears again, whatever it missed', async () => {
    const gateway = await start({ retryMs: [0] })
    const { id, secret } = await makeKey('k')
    expect(await statusAt(gateway, secret)).toBe(200)
    // No trigger speaks of this one: only the connection's loss can make the gateway ask.
    await db.pool.query('alter table api_keys disable trigger all')
    await revokeApiKey(db, { tenantId, keyId: id })
    expect(await statusAt(gateway, secret)).toBe(200)
    await db.pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'foretoken listens to %' and datname = current_database()`,
    )
    await expect.poll(() => statusAt(gateway, secret)).toBe(401)
  })

  it('that hears nothing at all trusts no answer longer than it may', async () => {
    const gateway = await start({ deaf: true, keyCacheMs: 50 })
    const { id, secret } = await makeKey('k')
    expect(await statusAt(gateway, secret)).toBe(200)
    await revokeApiKey(db, { tenantId, keyId: id })
    await expect.poll(() => statusAt(gateway, secret)).toBe(401)
  })
})
