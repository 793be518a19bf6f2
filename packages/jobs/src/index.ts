/**
 * Queues between processes, on BullMQ with its PostgreSQL backend: the platform's database is the only thing that has
 * to run. (BullMQ's Redis backend has the same interface, for a deployment that outgrows this.)
 *
 * Core idea: a job is a wake-up, never the record of what is to be done. Rows of the platform's own tables are that; a
 * consumer who is woken looks there, and looks there now and then anyway. So a job that is lost costs time, one that
 * comes twice costs a query, and neither costs work.
 *
 * Invariants: payloads are versioned and parsed where they arrive, and unknown ones are skipped. BullMQ keeps to its own
 * schema of the database, which `openQueue` brings up to date.
 *
 * Failure: a connection that breaks is made anew by BullMQ; `onError` is told. Adding fails when the database is away.
 *
 * Concurrency: any number of producers and consumers; each job reaches one consumer.
 */
export { openQueue, type Queue, type QueueOptions } from './queue.ts'
export { type Payload, QUEUES, type QueueName } from './queues.ts'
