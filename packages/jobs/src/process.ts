import { UnrecoverableError } from 'bullmq'
import { z } from 'zod'
import type { Process } from './backend/backend.ts'
import type { QueueContract } from './queues.ts'

export interface JobInHand {
  /** The same at each attempt, so what was half done can be found again. */
  readonly id: string
  /** From 1. */
  readonly attempt: number
}

/** Does a job. What it throws is the job's failure, told in public by its `publicMessage` if it has one. */
export type Handle<Payload> = (payload: Payload, job: JobInHand) => void | Promise<void>

/** A consumer's handler as BullMQ calls it. */
export function processWith<Payload>(
  { payload: schema }: QueueContract<Payload>,
  handle: Handle<Payload>,
  onError: (error: Error) => void,
): Process {
  return async ({ id = '', data, attemptsStarted: attempt }) => {
    const payload = schema.safeParse(data)
    if (!payload.success) {
      // At once, whatever attempts are left: who does not know it now won't know it in a minute.
      const reason = unknownPayload(data)
      onError(new Error(`job ${id}: ${reason}`))
      throw new UnrecoverableError(reason)
    }
    try {
      await handle(payload.data, { id, attempt })
    } catch (cause) {
      onError(new Error(`job ${id} failed at attempt ${attempt}`, { cause }))
      throw new Error(publicSentence(cause))
    }
  }
}

function unknownPayload(data: unknown): string {
  const versioned = z.object({ version: z.int() }).safeParse(data)
  const version = versioned.success ? `version ${versioned.data.version}` : 'no version'
  return `The consumer does not know a payload like this, of ${version}.`
}

/** An error's own message may quote what nobody should read: SQL parameters, prompts. */
function publicSentence(error: unknown): string {
  const spoken = z.object({ publicMessage: z.string() }).safeParse(error)
  if (spoken.success) return spoken.data.publicMessage
  return `The consumer failed (${error instanceof Error ? error.name : typeof error}).`
}
