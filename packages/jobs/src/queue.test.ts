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
    await administer(
      url,
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
    )
    await expect.poll(() => errors.length, { timeout: 10_000 }).toBeGreaterThan(0)
    // The producer's own connection broke too: whoever asks before it knows is refused, and asks again.
    const add = () =>
      producer.add({ version: 1 }).then(
        () => true,
        () => false,
      )
    await expect.poll(add, { timeout: 10_000 }).toBe(true)
    await expect.poll(() => woken, { timeout: 20_000 }).toBeGreaterThanOrEqual(2)
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
