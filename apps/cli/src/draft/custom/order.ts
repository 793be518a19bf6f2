import { orderTrainingRun, type Tenant, type TrainingRun } from '@foretoken/db'
import { newestSegment } from '@foretoken/learning'
import { log } from '../../output.ts'
import type { Connection } from '../../platform/connect.ts'
import { progressView } from '../progress.ts'
import { followRun, wakeTrainers } from '../run.ts'
import type { CustomAnswers } from './answer.ts'
import type { CustomOptions } from './options.ts'

export interface OrderedRun {
  readonly run: TrainingRun
  /** Whether it learns from every answer: a trainer may have begun it by itself before the last ones. */
  readonly complete: boolean
}

/** Orders a run; with `wait` follows it to its end, and then, if it did not see every answer, the next one too. */
export async function orderRun(
  connection: Connection,
  tenant: Tenant,
  { target, targetId }: Pick<CustomAnswers, 'target' | 'targetId'>,
  { wait, json }: Pick<CustomOptions, 'wait' | 'json'>,
): Promise<OrderedRun> {
  const newest = (await newestSegment(await connection.store(), tenant.id, target)) ?? ''
  while (true) {
    const { run, created } = await orderTrainingRun(connection.db, { tenantId: tenant.id, targetId }, 'ordered')
    await wakeTrainers(connection)
    if (!wait) return { run, complete: created || run.state === 'queued' }
    const ended = await followRun(connection.db, run, progressView(tenant.name, json))
    if (created || (ended.tracesUntil ?? '') >= newest) return { run: ended, complete: true }
    log(`${tenant.name}: that run began before the last answers, so another one follows`)
  }
}
