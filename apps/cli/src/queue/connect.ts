import { openQueue, type Payload, type Queue, QueueError, type QueueName } from '@foretoken/jobs'
import { CliError } from '../errors.ts'
import type { QueueCommandOptions } from '../options.ts'
import { choice, withDatabase } from '../platform/connect.ts'

/** Runs a short command where the platform's jobs are queued. */
export async function withQueueUrl(options: QueueCommandOptions, run: (url: string) => Promise<void>): Promise<void> {
  if (options.queueUrl !== undefined) return run(options.queueUrl)
  await withDatabase(choice(options), ({ queueUrl }) => run(queueUrl))
}

/** @throws CliError where the queue can't be opened. */
export async function withQueue<Name extends QueueName, T>(
  url: string,
  name: Name,
  run: (queue: Queue<Payload<Name>>) => Promise<T>,
): Promise<T> {
  const queue = await openQueue(url, name).catch((error: unknown) => {
    throw error instanceof QueueError ? new CliError(error.message) : error
  })
  return run(queue).finally(() => queue.close())
}
