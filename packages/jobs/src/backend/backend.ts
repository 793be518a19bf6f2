import type { Queue as BullQueue, Job, JobsOptions } from 'bullmq'
import type { QueueContract } from '../queues.ts'

/** A queue's jobs as BullMQ keeps them, the same in PostgreSQL and in Redis. */
export type JobStore = Pick<BullQueue<unknown>, 'add' | 'getJob' | 'getJobCountByTypes' | 'getRanges'>

export type StoredJob = Pick<Job<unknown>, 'id' | 'data' | 'attemptsStarted' | 'failedReason' | 'finishedOn'>

/** Does a job. What it throws is stored with the job, so it holds nothing that may not be shown. */
export type Process = (job: StoredJob) => Promise<void>

/** What holds the jobs of one queue, with its connections. */
export interface Backend {
  readonly jobs: JobStore
  /** Runs a command, once more where it was not run because its connection had broken unnoticed. */
  attempt<T>(command: () => Promise<T>): Promise<T>
  consume(process: Process, contract: Pick<QueueContract<unknown>, 'retry' | 'leaseMs'>): Promise<void>
  /** Takes no further job, and resolves when the one in hand is done. */
  close(): Promise<void>
}

export type OpenBackend = (url: string, name: string, onError: (error: Error) => void) => Promise<Backend>

/**
 * What is stored with a job. Of one that was done nothing is kept: what it pointed to tells what became of it. One that
 * failed for good is kept until it is replayed. No stack traces: a store is no place for what errors quote.
 */
export function jobOptions({ retry }: Pick<QueueContract<unknown>, 'retry'>) {
  return {
    attempts: retry.attempts,
    backoff: { type: 'exponential', delay: retry.backoffMs, jitter: retry.jitter },
    removeOnComplete: true,
    removeOnFail: false,
    stackTraceLimit: 0,
  } as const satisfies JobsOptions
}

/**
 * How a consumer takes jobs. Starts are what is bounded, not losses of a consumer: BullMQ forgets the former when a dead
 * letter is replayed, and would hold the latter against it again.
 */
export function workerOptions({ retry, leaseMs }: Pick<QueueContract<unknown>, 'retry' | 'leaseMs'>) {
  return {
    lockDuration: leaseMs,
    stalledInterval: leaseMs,
    maxStartedAttempts: retry.attempts,
    maxStalledCount: LOSSES_MAX,
    runRetryDelay: RECONNECT_MS,
  }
}

/** No bound; the largest that PostgreSQL's integer holds. */
const LOSSES_MAX = 2 ** 31 - 1
/** Pause before a consumer looks again for a store that refused its connection; BullMQ's own is 15 s. */
const RECONNECT_MS = 1_000
