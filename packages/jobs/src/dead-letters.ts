import type { JobStore, StoredJob } from './backend/backend.ts'

/** A job that is tried no more. */
export interface DeadLetter {
  readonly id: string
  readonly queue: string
  /** As it was added, maybe of a version that nobody here knows. */
  readonly payload: unknown
  readonly attempts: number
  /** Why it failed the last time. */
  readonly reason: string
  readonly failedAt: Date
}

/** So many are asked for at once; each takes a command of its own. */
const CHUNK = 100

/** Oldest first. */
export async function listDeadLetters(jobs: JobStore, queue: string, attemptsMax: number): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = []
  // All ids first: PostgreSQL orders those of one millisecond anew for each page, which would leave some out.
  const ids = await jobs.getRanges(['failed'], 0, -1, true)
  for (let start = 0; start < ids.length; start += CHUNK) {
    const found = await Promise.all(ids.slice(start, start + CHUNK).map((id) => jobs.getJob(id)))
    // One that was replayed meanwhile has no time of its failure any more, or is gone.
    for (const job of found) if (job?.finishedOn) letters.push(deadLetter(job, job.finishedOn, queue, attemptsMax))
  }
  return letters
}

function deadLetter(job: StoredJob, finishedOn: number, queue: string, attemptsMax: number): DeadLetter {
  return {
    id: job.id ?? '',
    queue,
    payload: job.data,
    // A start too many is counted, and is what ended it: nothing ran.
    attempts: Math.min(job.attemptsStarted, attemptsMax),
    reason: job.failedReason === STARTED_TOO_OFTEN ? 'Its consumers ended before it was done.' : job.failedReason,
    failedAt: new Date(finishedOn),
  }
}

/** BullMQ's words. */
const STARTED_TOO_OFTEN = 'job started more than allowable limit'

/** Queues a dead letter again, with all attempts before it. False: there is none of this id. */
export async function replayDeadLetter(jobs: JobStore, id: string): Promise<boolean> {
  const job = await jobs.getJob(id)
  if (!job || !(await job.isFailed())) return false
  try {
    await job.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true })
    return true
  } catch (error) {
    // Somebody else was quicker.
    if (!(await job.isFailed())) return false
    throw error
  }
}
