import { type Database, openDatabase, type Process } from '@foretoken/db'
import { temporaryDatabase } from '@foretoken/db/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { followProcesses } from './follow.ts'
import { Membership, type MembershipOptions } from './membership.ts'

let db: Database
let url: string
const closing: (() => Promise<void>)[] = []

beforeAll(async () => {
  url = (await temporaryDatabase()).url
  db = openDatabase(url)
})
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})
afterAll(() => db.close())

function member(times: MembershipOptions['times'] = {}): Membership {
  const membership = new Membership({ db, role: 'worker', details: () => ({}), onError: () => {}, times })
  closing.push(() => membership.leave())
  return membership
}

/** What a follower was told last. */
async function follow(everyMs: number) {
  const seen: { latest: readonly Process[] } = { latest: [] }
  const follower = await followProcesses({
    ...{ db, databaseUrl: url, role: 'worker', everyMs },
    onChange: (processes) => {
      seen.latest = processes
    },
    onError: () => {},
  })
  closing.push(() => follower.close())
  return () => seen.latest.map(({ id, state, url }) => ({ id, state, url }))
}

const NEVER = 3_600_000

describe('a follower of the register', () => {
  it('knows at once who is there, and hears of who comes, drains and goes without asking', async () => {
    const first = member()
    await first.join('http://first')
    const seen = await follow(NEVER)
    expect(seen()).toEqual([{ id: first.id, state: 'ready', url: 'http://first' }])
    const second = member()
    await expect.poll(async () => (await db.pool.query(LISTENERS)).rows.length).toBe(1)
    await second.join('http://second')
    await expect.poll(seen).toHaveLength(2)
    await first.drain()
    await expect.poll(seen).toContainEqual({ id: first.id, state: 'draining', url: 'http://first' })
    await second.leave()
    await expect.poll(seen).toHaveLength(1)
  })

  it('no longer sees one that ended without a word, though nobody told', async () => {
    const seen = await follow(20)
    await member({ announceMs: NEVER, leaseMs: 300 }).join('http://silent')
    await expect.poll(seen).toHaveLength(1)
    await expect.poll(seen).toHaveLength(0)
  })

  it('reads again what it missed while its connection was broken', async () => {
    const seen = await follow(NEVER)
    await expect.poll(async () => (await db.pool.query(LISTENERS)).rows.length).toBe(1)
    await db.pool.query(`select pg_terminate_backend(pid) from (${LISTENERS}) as listeners`)
    const late = member()
    await late.join('http://late')
    await expect.poll(seen).toEqual([{ id: late.id, state: 'ready', url: 'http://late' }])
  })

  it('keeps what it knew while the register can not be read', async () => {
    const broken: Database = openDatabase('postgres://nobody@127.0.0.1:9/none')
    const errors: unknown[] = []
    const told: (readonly Process[])[] = []
    const follower = await followProcesses({
      ...{ db: broken, databaseUrl: url, role: 'worker', everyMs: 10 },
      onChange: (processes) => told.push(processes),
      onError: (error) => errors.push(error),
    })
    await expect.poll(() => errors.length).toBeGreaterThan(2)
    expect(told).toEqual([])
    await follower.close()
    await broken.close()
  })
})

const LISTENERS = `select pid from pg_stat_activity
  where datname = current_database() and application_name like 'foretoken listens%' and query like 'listen%'`
