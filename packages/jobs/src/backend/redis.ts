import { Queue as BullQueue, Worker as BullWorker } from 'bullmq'
import { Redis, type RedisOptions } from 'ioredis'
import { type OpenBackend, workerOptions } from './backend.ts'
import { Closing } from './closing.ts'

/** Keys begin with it, so that a Redis can hold other things too. */
const PREFIX = 'foretoken'
/** Who adds is told after so many refused connections, about three seconds, that Redis is away. */
const ADDING_RETRIES_MAX = 10

/** Commands that were under way when a connection broke are sent again by ioredis, which is fine with ids of our own. */
export const openRedis: OpenBackend = async (url, name, onError) => {
  const closing = new Closing()
  const connect = async (options: RedisOptions) => {
    const client = new Redis(url, { lazyConnect: true, connectTimeout: 5_000, ...options })
    // BullMQ passes them on; without a listener ioredis writes to the console.
    client.on('error', () => undefined)
    closing.add(async () => client.disconnect())
    await firstConnection(client)
    return client
  }
  try {
    const connection = await connect({ maxRetriesPerRequest: ADDING_RETRIES_MAX })
    const queue = new BullQueue(name, { connection, prefix: PREFIX })
    queue.on('error', onError)
    closing.add(() => queue.close())
    await queue.waitUntilReady()
    return {
      jobs: queue,
      attempt: (command) => command(),
      consume: async (process, contract) => {
        // A consumer waits for Redis for ever. BullMQ makes itself a second connection like this one, to block on.
        const connection = await connect({ maxRetriesPerRequest: null })
        const options = { ...workerOptions(contract), connection, prefix: PREFIX }
        const worker = new BullWorker(name, process, options)
        worker.on('error', onError)
        closing.add(() => worker.close())
        await worker.waitUntilReady()
      },
      close: () => closing.close(),
    }
  } catch (error) {
    await closing.close()
    throw error
  }
}

/** ioredis itself would try for ever, and say only that the connection is closed. */
async function firstConnection(client: Redis): Promise<void> {
  let reason: Error | undefined
  const remember = (error: Error) => {
    reason = error
  }
  client.once('error', remember)
  try {
    await client.connect()
  } catch (error) {
    throw reason ?? error
  } finally {
    client.off('error', remember)
  }
}
