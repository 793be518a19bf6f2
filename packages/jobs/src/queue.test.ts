import { spawnSync } from 'node:child_process'
import { temporaryDatabase } from '@foretoken/db/testing'
import pg from 'pg'
import { afterEach, describe, expect, it } from 'vitest'
import { openQueue, type Queue } from './queue.ts'

const open: Queue<'training'>[] = []
afterEach(async () => {
  for (const queue of open.splice(0)) await queue.close()
})

async function queueOn(url: string, errors: Error[] = []): Promise<Queue<'training'>> {
  const queue = await openQueue(url, 'training', { onError: (error) => errors.push(error) })
  open.push(queue)
  return queue
}

async function administer(url: string, text: string) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  return (await client.query(text).finally(() => client.end())).rows
}

const TERMINATE =
  'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()'

/** From another process, while this one stands still. */
function breakConnections(url: string): void {
  const script = `
    import pg from 'pg'
    const client = new pg.Client({ connectionString: process.argv[1] })
    await client.connect()
    await client.query(process.argv[2])
    await client.end()`
  const args = ['--input-type=module', '--eval', script, url, TERMINATE]
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: import.meta.dirname, encoding: 'utf8' })
  expect(status, stderr).toBe(0)
}

describe('a queue on PostgreSQL', () => {
  it('hands each job to one consumer, also jobs from before it came', async () => {
    const { url } = await temporaryDatabase()
    const producer = await queueOn(url)
    await producer.add({ version: 1 })
    let woken = 0
    for (let consumer = 0; consumer < 2; consumer++) await (await queueOn(url)).consume(() => void woken++)
    await expect.poll(() => woken, { timeout: 10_000 }).toBe(1)
    await Promise.all(Array.from({ length: 5 }, () => producer.add({ version: 1 })))
    await expect.poll(() => woken, { timeout: 10_000 }).toBe(6)
  })

  it('goes on when the database broke every connection', async () => {
    const { url } = await temporaryDatabase()
    const errors: Error[] = []
    const producer = await queueOn(url)
    let woken = 0
    await (await queueOn(url, errors)).consume(() => void woken++)
    await producer.add({ version: 1 })
    await expect.poll(() => woken, { timeout: 10_000 }).toBe(1)
    await administer(url, TERMINATE)
    await expect.poll(() => errors.length, { timeout: 10_000 }).toBeGreaterThan(0)
    await producer.add({ version: 1 })
    await expect.poll(() => woken, { timeout: 20_000 }).toBe(2)
  })

  it('takes a job, once, on connections that broke before it could know of it', async () => {
    const { url } = await temporaryDatabase()
    const producer = await queueOn(url)
    await Promise.all(Array.from({ length: 6 }, () => producer.add({ version: 1 }))) // all of its connections
    // While this process waits it reads nothing, so its pool takes them for good.
    breakConnections(url)
    await producer.add({ version: 1 })
    expect(await administer(url, 'select count(*)::int as jobs from bullmq.job')).toEqual([{ jobs: 7 }])
  })

  it('skips payloads of a version that it does not know, and keeps nothing of what was done', async () => {
    const { url } = await temporaryDatabase()
    const queue = await queueOn(url)
    let woken = 0
    await queue.consume(() => void woken++)
    const later: unknown = { version: 2 }
    await Reflect.apply(queue.add, queue, [later])
    await queue.add({ version: 1 })
    await expect.poll(() => woken, { timeout: 10_000 }).toBe(1)
    const left = () => administer(url, 'select count(*)::int as jobs from bullmq.job')
    await expect.poll(left, { timeout: 10_000 }).toEqual([{ jobs: 0 }])
  })
})
