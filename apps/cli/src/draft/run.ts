import { setTimeout as sleep } from 'node:timers/promises'
import { type Database, findTrainingRun, type Tenant, type TrainingRun } from '@foretoken/db'
import { openQueue } from '@foretoken/jobs'
import { CliError } from '../errors.ts'
import { log } from '../output.ts'
import type { Connection } from '../platform/connect.ts'
import type { ProgressView } from './progress.ts'

const POLL_MS = 250

/** Trainers look for themselves now and then, so a wake-up that fails only costs time. */
export async function wakeTrainers({ queueUrl }: Pick<Connection, 'queueUrl'>): Promise<void> {
  try {
    const queue = await openQueue(queueUrl, 'training')
    await queue.add({ version: 1 }).finally(() => queue.close())
  } catch (error) {
    log(`The trainers could not be woken and will see the run later (${error instanceof Error ? error.name : error}).`)
  }
}

/** Shows a run until it has ended; returns it as it is then. */
export async function followRun(db: Database, ordered: TrainingRun, view: ProgressView): Promise<TrainingRun> {
  let run = ordered
  try {
    while (run.finishedAt === null) {
      view.show(run)
      await sleep(POLL_MS)
      const found = await findTrainingRun(db, run.id)
      if (!found) throw new CliError(`Training run ${run.id} is gone.`)
      run = found
    }
    return run
  } finally {
    view.done()
  }
}

/** @throws CliError for a run that failed, in its words. */
export function checkRun({ id, state, reason }: TrainingRun): void {
  if (state === 'failed') throw new CliError(`Training run ${id} failed. ${reason ?? ''}`.trim())
}

const SENTENCES: Record<TrainingRun['state'], string> = {
  queued: 'a training run is ordered; follow it with --wait or `foretoken draft status`.',
  running: 'a training run is under way; follow it with --wait or `foretoken draft status`.',
  promoted: 'its new draft is better and serves it from now on.',
  rejected: 'the new draft is not better, so nothing changes.',
  skipped: 'nothing was trained.',
  failed: 'the run failed, so nothing changes.',
}

export function describeRun(tenant: Tenant, { id, state, reason, tokens, baseline, candidate }: TrainingRun): string {
  const lines = [`Tenant ${tenant.name}: ${SENTENCES[state]}`]
  if (reason !== null) lines.push(reason)
  const names = Object.keys(candidate ?? {})
  const shown = (value: number | null | undefined) =>
    value === null || value === undefined ? '-' : String(Math.round(value * 1_000) / 1_000)
  for (const name of names) lines.push(`  ${name}: ${shown(baseline?.[name])} → ${shown(candidate?.[name])}`)
  lines.push(`Run ${id}${tokens > 0 ? `, learned from ${tokens} tokens` : ''}.`)
  return lines.join('\n')
}
