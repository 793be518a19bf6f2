import { setTimeout as sleep } from 'node:timers/promises'
import { type Database, findTrainingRun, orderTrainingRun, type Tenant, type TrainingRun } from '@foretoken/db'
import { openQueue } from '@foretoken/jobs'
import { CliError } from '../errors.ts'
import type { LearningCommandOptions, QueueCommandOptions } from '../options.ts'
import { log, print, printJson } from '../output.ts'
import { type Connection, choice, withDatabase } from '../platform/connect.ts'
import { requireTenant } from '../tenant/lookup.ts'
import { type ProgressView, progressView } from './progress.ts'

export interface AdaptOptions extends LearningCommandOptions, QueueCommandOptions {
  readonly tenant: string
  readonly wait: boolean
}

const POLL_MS = 250

/** `foretoken draft adapt`: orders a run and, if asked to, follows it to its end. */
export async function adapt({ tenant: nameOrId, wait, ...options }: AdaptOptions): Promise<void> {
  await withDatabase(choice(options), async (connection) => {
    const { db } = connection
    const tenant = await requireTenant(db, nameOrId)
    if (tenant.status !== 'active') throw new CliError(`Tenant ${tenant.name} is revoked.`)
    if (wait && connection.trainer === false) {
      throw new CliError('No trainer runs on this data folder, so the run would wait for ever. Start: foretoken up')
    }
    const { run } = await orderTrainingRun(db, tenant.id, 'ordered')
    await wakeTrainers(connection)
    const ended = wait ? await follow(db, run, progressView(tenant.name, options.json)) : run
    if (options.json) printJson(ended)
    else print(describe(tenant, ended))
    if (ended.state === 'failed') throw new CliError(`Training run ${ended.id} failed. ${ended.reason ?? ''}`.trim())
  })
}

/** Trainers look for themselves now and then, so a wake-up that fails only costs time. */
export async function wakeTrainers({ queueUrl }: Pick<Connection, 'queueUrl'>): Promise<void> {
  try {
    const queue = await openQueue(queueUrl, 'training')
    await queue.add({ version: 1 }).finally(() => queue.close())
  } catch (error) {
    log(`The trainers could not be woken and will see the run later (${error instanceof Error ? error.name : error}).`)
  }
}

async function follow(db: Database, ordered: TrainingRun, view: ProgressView): Promise<TrainingRun> {
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

const SENTENCES: Record<TrainingRun['state'], string> = {
  queued: 'a training run is ordered; follow it with --wait or `foretoken draft status`.',
  running: 'a training run is under way; follow it with --wait or `foretoken draft status`.',
  promoted: 'its new draft is better and serves it within ten seconds.',
  rejected: 'the new draft is not better, so nothing changes.',
  skipped: 'nothing was trained.',
  failed: 'the run failed, so nothing changes.',
}

function describe(tenant: Tenant, { id, state, reason, tokens, baseline, candidate }: TrainingRun): string {
  const lines = [`Tenant ${tenant.name}: ${SENTENCES[state]}`]
  if (reason !== null) lines.push(reason)
  const names = Object.keys(candidate ?? {})
  const shown = (value: number | null | undefined) =>
    value === null || value === undefined ? '-' : String(Math.round(value * 1_000) / 1_000)
  for (const name of names) lines.push(`  ${name}: ${shown(baseline?.[name])} → ${shown(candidate?.[name])}`)
  lines.push(`Run ${id}${tokens > 0 ? `, learned from ${tokens} tokens` : ''}.`)
  return lines.join('\n')
}
