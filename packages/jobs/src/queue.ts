import {
  Queue as BullQueue,
  Worker as BullWorker,
  createPostgresBackend,
  isPgPool,
  type PgPool,
  runMigrations,
} from 'bullmq'
import pg from 'pg'
import { type Payload, QUEUES, type QueueName } from './queues.ts'

export interface Queue<Name extends QueueName> {
  add(payload: Payload<Name>): Promise<void>
  /** Hands each job to this consumer, one after the other. */
  consume(handle: (payload: Payload<Name>) => void | Promise<void>): Promise<void>
  close(): Promise<void>
}

export interface QueueOptions {
  readonly onError?: (error: Error) => void
}

/** BullMQ finds its tables by the search path of the pool that it is given. */
const SCHEMA = 'bullmq'
/** Nothing is kept of a job that was done: the row that it pointed to tells what became of it. */
const JOB = { removeOnComplete: true, removeOnFail: true }
const CONNECTIONS = 3

export async function openQueue<Name extends QueueName>(
  databaseUrl: string,
  name: Name,
  { onError = () => undefined }: QueueOptions = {},
): Promise<Queue<Name>> {
  // A consumer holds one of them for LISTEN.
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: CONNECTIONS,
    keepAlive: true,
    connectionTimeoutMillis: 5_000,
    application_name: `foretoken ${name} queue`,
    options: `-c search_path=${SCHEMA}`,
  })
  pool.on('error', onError)
  const closing: (() => Promise<unknown>)[] = [() => pool.end()]
  const close = async () => {
    for (const step of closing.splice(0).reverse()) await step()
  }
  try {
    await migrate(pool)
    const queue = new BullQueue(name, { connection: connectionOf(pool) }, createPostgresBackend)
    queue.on('error', onError)
    closing.push(() => queue.close())
    await queue.waitUntilReady()
    return {
      add: (payload) => onLiveConnection(async () => void (await queue.add(name, payload, JOB))),
      consume: async (handle) => {
        const worker = consumer(pool, name, handle)
        worker.on('error', onError)
        closing.push(() => worker.close())
        await worker.waitUntilReady()
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/**
 * A pool does not know that a connection broke while nobody used it: the first statement on it is answered with the
 * words in which PostgreSQL had closed it, and was not run. The pool then drops it, so after as many tries as it has
 * connections the next one is new.
 */
async function onLiveConnection(run: () => Promise<void>, triesLeft = CONNECTIONS): Promise<void> {
  try {
    await run()
  } catch (error) {
    if (triesLeft === 0 || !wasClosedByServer(error)) throw error
    await onLiveConnection(run, triesLeft - 1)
  }
}

/** Class 57P of PostgreSQL's error codes: admin_shutdown, crash_shutdown and their like. */
function wasClosedByServer(error: unknown): boolean {
  return error instanceof pg.DatabaseError && (error.code?.startsWith('57P') ?? false)
}

function consumer<Name extends QueueName>(
  pool: pg.Pool,
  name: Name,
  handle: (payload: Payload<Name>) => void | Promise<void>,
) {
  const schema = QUEUES[name]
  return new BullWorker(
    name,
    async ({ data }: { data: unknown }) => {
      const payload = schema.safeParse(data)
      if (payload.success) await handle(payload.data)
    },
    { connection: connectionOf(pool) },
    createPostgresBackend,
  )
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
