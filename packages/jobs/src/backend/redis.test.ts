import { Redis } from 'ioredis'
import { afterAll, describe, expect, test } from 'vitest'
import { openQueueOf } from '../queue.ts'
import { TEST_CONTRACT, textOf } from '../testing/contract.ts'
import { queueConformance } from '../testing/queue-conformance.ts'
import { testRedis } from '../testing/redis.ts'
import { type QueuePlace, WITHIN } from '../testing/test-queues.ts'

const redis = testRedis()

if (redis.found === 'none') {
  console.warn(`Queues on Redis are not tested. ${redis.reason}`)
  test.skip(`queues on Redis: ${redis.reason}`)
} else {
  queueConformance('Redis', async () => placeOn(redis.found === 'given' ? redis.url : (await redis.start()).url))
}

describe.skipIf(redis.found !== 'binary')('a Redis that is killed and started again', () => {
  test('keeps every job that it acknowledged, and its consumers and producers go on', async () => {
    if (redis.found !== 'binary') return
    const server = await redis.start()
    const producer = await openQueueOf(server.url, 'restarted', TEST_CONTRACT)
    const acknowledged = [await producer.add(textOf('early')), await producer.add(textOf('later'), { delayMs: 1_000 })]
    let restarted = false
    const restart = server.restart().then(() => {
      restarted = true
    })
    // Until some are added that the new server took.
    for (let after = 0; after < 5; ) {
      const isAfter = restarted
      const id = await producer.add(textOf('a')).catch(() => null)
      if (id === null) continue
      acknowledged.push(id)
      if (isAfter) after += 1
    }
    await restart
    const taken = new Set<string>()
    await producer.consume((_, { id }) => void taken.add(id))
    await expect.poll(() => acknowledged.filter((id) => !taken.has(id)), WITHIN).toEqual([])
    await server.restart()
    const last = await producer.add(textOf('last'))
    await expect.poll(() => taken.has(last), WITHIN).toBe(true)
    await producer.close()
  })
})

const clients: Redis[] = []
afterAll(() => {
  for (const client of clients) client.disconnect()
})

function placeOn(url: string): QueuePlace {
  const client = new Redis(url)
  clients.push(client)
  const hashes = async (queue: string) => {
    const keys = await client.keys(`foretoken:${queue}:*`)
    const types = await Promise.all(keys.map((key) => client.type(key)))
    return keys.filter((_, at) => types[at] === 'hash')
  }
  return {
    url,
    storedJobs: async (queue) => {
      const areJobs = await Promise.all((await hashes(queue)).map((key) => client.hexists(key, 'data')))
      return areJobs.filter((isJob) => isJob === 1).length
    },
    everythingStored: async (queue) =>
      JSON.stringify([
        await Promise.all((await hashes(queue)).map((key) => client.hgetall(key))),
        await client.xrange(`foretoken:${queue}:events`, '-', '+'),
      ]),
  }
}
