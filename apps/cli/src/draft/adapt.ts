import { orderTrainingRun } from '@foretoken/db'
import { CliError } from '../errors.ts'
import { requireServedTarget } from '../model/served.ts'
import type { LearningCommandOptions, QueueCommandOptions } from '../options.ts'
import { print, printJson } from '../output.ts'
import { choice, withDatabase } from '../platform/connect.ts'
import { requireTenant } from '../tenant/lookup.ts'
import { progressView } from './progress.ts'
import { checkRun, describeRun, followRun, wakeTrainers } from './run.ts'

export interface AdaptOptions extends LearningCommandOptions, QueueCommandOptions {
  readonly tenant: string
  readonly model?: string
  readonly wait: boolean
}

/** `foretoken draft adapt`: orders a run and, if asked to, follows it to its end. */
export async function adapt({ tenant: nameOrId, model, wait, ...options }: AdaptOptions): Promise<void> {
  await withDatabase(choice(options), async (connection) => {
    const { db } = connection
    const tenant = await requireTenant(db, nameOrId)
    if (tenant.status !== 'active') throw new CliError(`Tenant ${tenant.name} is not active.`)
    if (wait && connection.trainer === false) {
      throw new CliError('No trainer runs on this data folder, so the run would wait for ever. Start: foretoken up')
    }
    const { id: targetId } = await requireServedTarget(db, model)
    const { run } = await orderTrainingRun(db, { tenantId: tenant.id, targetId }, 'ordered')
    await wakeTrainers(connection)
    const ended = wait ? await followRun(db, run, progressView(tenant.name, options.json)) : run
    if (options.json) printJson(ended)
    else print(describeRun(tenant, ended))
    checkRun(ended)
  })
}
