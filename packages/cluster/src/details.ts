import type { Process } from '@foretoken/db'
import { type TargetIdentity, targetIdentitySchema } from '@foretoken/protocol'
import { z } from 'zod'

/** What a trainer says of itself: for which target it trains. */
const trainerDetailsSchema = z.object({ target: targetIdentitySchema })
export type TrainerDetails = z.infer<typeof trainerDetailsSchema>

/** What a worker says of itself beside its address. */
export const workerDetailsSchema = z.object({
  target: targetIdentitySchema,
  /** Whether the static draft was trained for these weights, or for others of the same form. */
  staticDraft: z.enum(['own', 'taken over', 'none']),
  device: z.string(),
  weights: z.string(),
  running: z.int(),
  waiting: z.int(),
  capacity: z.int(),
  /** Adapters in memory. */
  adapters: z.int(),
  /** What a run of its target takes for one sequence, in milliseconds. */
  targetStepMs: z.number(),
})
export type WorkerDetails = z.infer<typeof workerDetailsSchema>

/** A worker's details; null for another role, or a worker of another version that says something else. */
export function processDetails(process: Pick<Process, 'role' | 'details'>): WorkerDetails | null {
  if (process.role !== 'worker') return null
  const parsed = workerDetailsSchema.safeParse(process.details)
  return parsed.success ? parsed.data : null
}

/** The target that a worker serves, or a trainer trains for; null for others. */
export function targetOf(process: Pick<Process, 'role' | 'details'>): TargetIdentity | null {
  if (process.role !== 'worker' && process.role !== 'trainer') return null
  const parsed = trainerDetailsSchema.safeParse(process.details)
  return parsed.success ? parsed.data.target : null
}
