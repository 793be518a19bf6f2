import { newId } from '@foretoken/db'
import { jobOptions } from './backend/backend.ts'
import { openBackend } from './backend/open.ts'
import { type DeadLetter, listDeadLetters, replayDeadLetter } from './dead-letters.ts'
import { type Handle, processWith } from './process.ts'
import { type Payload as PayloadOf, QUEUES, type QueueContract, type QueueName } from './queues.ts'

export interface Queue<Payload> {
  /** Resolves with the job's id when the job is stored. Nothing is added while a job of this id is stored. */
  add(payload: Payload, options?: AddOptions): Promise<string>
  /** Hands jobs to this consumer, one after the other. A queue object has one consumer. */
  consume(handle: Handle<Payload>): Promise<void>
  /** How many jobs wait, rest between two attempts or are being done. */
  pending(): Promise<number>
  /** Jobs that are tried no more, oldest first. */
  deadLetters(): Promise<DeadLetter[]>
  /** Queues dead letters again, with all attempts before them; returns the ids of those that there were. */
  replay(ids: readonly string[] | 'all'): Promise<string[]>
  /** Waits for the job in hand. */
  close(): Promise<void>
}

export interface AddOptions {
  /** What makes it the same job for whoever adds it twice: no whole number, no colon. Absent: a fresh one. */
  readonly id?: string
  /** Not to be started before. */
  readonly delayMs?: number
}

export interface QueueOptions {
  /** Told of connections that broke and jobs that failed; neither ends the queue. */
  readonly onError?: (error: Error) => void
}

/**
 * @param url postgres://…, redis://… or rediss://…
 * @throws QueueError when it can't be opened.
 */
export function openQueue<Name extends QueueName>(
  url: string,
  name: Name,
  options?: QueueOptions,
): Promise<Queue<PayloadOf<Name>>> {
  return openQueueOf(url, name, QUEUES[name], options)
}

/** A queue of any contract: what `openQueue` opens, and its tests. */
export async function openQueueOf<Payload>(
  url: string,
  name: string,
  contract: QueueContract<Payload>,
  { onError = () => undefined }: QueueOptions = {},
): Promise<Queue<Payload>> {
  const { jobs, attempt, ...backend } = await openBackend(url, name, onError)
  const deadLetters = () => attempt(() => listDeadLetters(jobs, name, contract.retry.attempts))
  let consumed = false
  return {
    add: async (payload, { id = newId('job'), delayMs = 0 } = {}) => {
      await attempt(() => jobs.add(name, payload, { ...jobOptions(contract), jobId: id, delay: delayMs }))
      return id
    },
    consume: async (handle) => {
      if (consumed) throw new Error('a queue object has one consumer: open another')
      consumed = true
      await backend.consume(processWith(contract, handle, onError), contract)
    },
    pending: () => attempt(() => jobs.getJobCountByTypes('waiting', 'delayed', 'prioritized', 'active')),
    deadLetters,
    replay: async (ids) => {
      const replayed: string[] = []
      for (const id of ids === 'all' ? (await deadLetters()).map((letter) => letter.id) : ids) {
        if (await attempt(() => replayDeadLetter(jobs, id))) replayed.push(id)
      }
      return replayed
    },
    close: backend.close,
  }
}
