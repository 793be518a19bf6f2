import type { Process } from '@foretoken/db'
import { z } from 'zod'

/** What a worker says of itself beside its address. */
export const workerDetailsSchema = z.object({
  model: z.string(),
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
