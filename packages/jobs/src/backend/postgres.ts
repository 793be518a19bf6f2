import {
  Queue as BullQueue,
  Worker as BullWorker,
  createPostgresBackend,
  isPgPool,
  type PgPool,
  runMigrations,
} from 'bullmq'
import pg from 'pg'
import { type OpenBackend, workerOptions } from './backend.ts'
import { Closing } from './closing.ts'

/** BullMQ finds its tables by the search path of the pool that it is given. */
const SCHEMA = 'bullmq'
/** A consumer holds one of them for LISTEN. */
const CONNECTIONS = 3

export const openPostgres: OpenBackend = async (url, name, onError) => {
  const pool = new pg.Pool({
    connectionString: url,
    max: CONNECTIONS,
    keepAlive: true,
    connectionTimeoutMillis: 5_000,
    application_name: `foretoken ${name} queue`,
    options: `-c search_path=${SCHEMA}`,
  })
  // BullMQ passes them on; without a listener, the process would end.
  pool.on('error', () => undefined)
  const closing = new Closing()
  closing.add(() => pool.end())
  try {
    await migrate(pool)
    const connection = connectionOf(pool)
    const queue = new BullQueue(name, { connection }, createPostgresBackend)
    queue.on('error', onError)
    closing.add(() => queue.close())
    await queue.waitUntilReady()
    return {
      jobs: queue,
      attempt: onLiveConnection,
      consume: async (process, contract) => {
        const options = { ...workerOptions(contract), connection }
        const worker = new BullWorker(name, process, options, createPostgresBackend)
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

/**
 * A pool does not know that a connection broke while nobody used it: the first statement on it is answered with the
 * words in which PostgreSQL had closed it, and was not run. The pool then drops it, so after as many tries as it has
 * connections the next one is new.
 */
async function onLiveConnection<T>(command: () => Promise<T>, triesLeft = CONNECTIONS): Promise<T> {
  try {
    return await command()
  } catch (error) {
    if (triesLeft === 0 || !wasClosedByServer(error)) throw error
    return onLiveConnection(command, triesLeft - 1)
  }
}

/** Class 57P of PostgreSQL's error codes: admin_shutdown, crash_shutdown and their like. */
function wasClosedByServer(error: unknown): boolean {
  return error instanceof pg.DatabaseError && (error.code?.startsWith('57P') ?? false)
}

/** BullMQ's own idea of a pool is stricter about optional properties than the types of pg are. */
function connectionOf(pool: unknown): PgPool {
  if (isPgPool(pool)) return pool
  throw new TypeError('this is no pool of pg')
}

/** On one connection, since it takes a lock; a no-op where the schema is current. */
async function migrate(pool: pg.Pool): Promise<void> {
  const client = await pool.connect()
  try {
    await runMigrations(client, SCHEMA)
  } finally {
    client.release()
  }
}
