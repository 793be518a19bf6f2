/**
 * Queues between processes, on BullMQ: in the platform's own PostgreSQL, or in Redis for a deployment that outgrows it.
 *
 * Core idea: a job is a wake-up, never the record of what is to be done. Rows of the platform's own tables are that; a
 * consumer who is woken looks there, and looks there now and then anyway. So a job that comes late costs time, one that
 * comes twice costs a query, and neither costs work.
 *
 * Invariants: both stores keep the same promises; `testing/queue-conformance.ts` lists them. A job that was added is done
 * at least once or is a dead letter, which stays until it is replayed. Payloads are versioned and parsed where they
 * arrive; an unknown one is a dead letter at once. What is stored of a failure is a public sentence. BullMQ keeps to its
 * own schema of the database, which `openQueue` brings up to date, or to keys of its own in Redis.
 *
 * Failure: a job whose handler throws comes again after growing pauses, as `QUEUES` says. One whose consumer died comes
 * again when its lease ends. A connection that breaks is made anew. Adding fails while the store is away. `onError` is
 * told of all that. Redis keeps what it acknowledged only with `appendonly yes`, and must not evict (`noeviction`).
 *
 * Concurrency: any number of producers and consumers; each job is in one consumer's hands.
 */
export { QueueError } from './backend/open.ts'
export type { DeadLetter } from './dead-letters.ts'
export type { Handle, JobInHand } from './process.ts'
export { type AddOptions, openQueue, type Queue, type QueueOptions } from './queue.ts'
export { isQueueName, type Payload, QUEUE_NAMES, QUEUES, type QueueName } from './queues.ts'
