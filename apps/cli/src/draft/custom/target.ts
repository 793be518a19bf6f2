import { targetOf } from '@foretoken/cluster'
import { type Database, listProcesses } from '@foretoken/db'
import { openDataFolder } from '../../data-folder/folder.ts'
import { CliError } from '../../errors.ts'
import { type ResolvedModel, resolveModel } from '../../model/resolve.ts'
import type { Connection } from '../../platform/connect.ts'
import type { CustomOptions } from './options.ts'

/**
 * The model that answers. Answers of another than the platform serves teach nothing, so that the default gives way to
 * the operator where workers say that they serve something else.
 *
 * @throws CliError
 */
export async function customTarget(
  db: Database,
  { dataDir, target }: Pick<CustomOptions, 'dataDir' | 'target'>,
): Promise<ResolvedModel> {
  const model = await resolveModel(openDataFolder(dataDir), target)
  const served = (await listProcesses(db)).flatMap((process) =>
    process.role === 'worker' ? (targetOf(process)?.name ?? []) : [],
  )
  if (target !== undefined || served.length === 0 || served.includes(model.id)) return model
  const names = [...new Set(served)].join(', ')
  throw new CliError(`The workers serve ${names}, not ${model.id}. Name that model or its folder with --target.`)
}

/** Whether anybody takes training runs: with a database given by URL, the register says so. */
export async function trainerRuns({ db, trainer }: Pick<Connection, 'db' | 'trainer'>): Promise<boolean> {
  return trainer ?? (await listProcesses(db)).some(({ role }) => role === 'trainer')
}
