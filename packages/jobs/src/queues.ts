import { z } from 'zod'

/** What a queue carries, and what becomes of a job that fails. */
export interface QueueContract<Payload> {
  /** Has a version. A consumer takes none that it does not know. */
  readonly payload: z.ZodType<Payload>
  readonly retry: RetryPolicy
  /** A consumer that is silent for so long is taken for dead; within two or three times that another has its job. */
  readonly leaseMs: number
}

export interface RetryPolicy {
  /** A job is started so often, those included that ended with their consumer; then it is a dead letter. */
  readonly attempts: number
  /** Pause after the first failure; each later one is twice as long as the one before. */
  readonly backoffMs: number
  /** Share of a pause that is drawn, so that jobs that failed together do not come back together: 0 to 1. */
  readonly jitter: number
}

const training = z.strictObject({ version: z.literal(1) })

interface Payloads {
  readonly training: z.infer<typeof training>
}

export type QueueName = keyof Payloads
export type Payload<Name extends QueueName> = Payloads[Name]

/** Every queue by name. */
export const QUEUES: { readonly [Name in QueueName]: QueueContract<Payloads[Name]> } = {
  /** There is a training run to claim. */
  training: { payload: training, retry: { attempts: 5, backoffMs: 1_000, jitter: 0.5 }, leaseMs: 30_000 },
}

export const isQueueName = (name: string): name is QueueName => Object.hasOwn(QUEUES, name)
export const QUEUE_NAMES: readonly QueueName[] = Object.keys(QUEUES).filter(isQueueName)
