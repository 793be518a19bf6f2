import { z } from 'zod'

/** Every queue by name, with the payload that its jobs carry. A consumer skips versions that it does not know. */
export const QUEUES = {
  /** There is a training run to claim. */
  training: z.strictObject({ version: z.literal(1) }),
} as const

export type QueueName = keyof typeof QUEUES
export type Payload<Name extends QueueName> = z.infer<(typeof QUEUES)[Name]>
