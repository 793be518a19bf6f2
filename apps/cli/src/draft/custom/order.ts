import { orderTrainingRun, type Tenant, type TrainingRun } from '@foretoken/db'
import { listSegments } from '@foretoken/learning'
import { log } from '../../output.ts'
import type { Connection } from '../../platform/connect.ts'
import { progressView } from '../progress.ts'
import { followRun, wakeTrainers } from '../run.ts'
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
  { wait, json }: Pick<CustomOptions, 'wait' | 'json'>,
): Promise<OrderedRun> {
  const newest = await newestSegment(connection, tenant)
  while (true) {
    const { run, created } = await orderTrainingRun(connection.db, tenant.id, 'ordered')
    await wakeTrainers(connection)
    if (!wait) return { run, complete: created || run.state === 'queued' }
    const ended = await followRun(connection.db, run, progressView(tenant.name, json))
    if (created || (ended.tracesUntil ?? '') >= newest) return { run: ended, complete: true }
    log(`${tenant.name}: that run began before the last answers, so another one follows`)
  }
}

async function newestSegment({ store }: Connection, { id }: Tenant): Promise<string> {
  let newest = ''
  for await (const { key } of listSegments(await store(), id)) newest = key
  return newest
}
