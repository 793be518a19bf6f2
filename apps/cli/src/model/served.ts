import { type Database, findTargets, type ServedTarget, servedTargets } from '@foretoken/db'
import { CliError } from '../errors.ts'

/**
 * The target that a command is about: the model that was named, or the only one that there is.
 *
 * @throws CliError that names the choices
 */
export async function requireServedTarget(db: Database, model: string | undefined): Promise<ServedTarget> {
  if (model !== undefined) {
    const [named] = await findTargets(db, { name: model })
    if (named) return named
  }
  const [only, ...others] = await servedTargets(db)
  if (!only) throw new CliError('No model was ever served here. Start a platform: foretoken up')
  const names = [only, ...others].map(({ name }) => name).join(', ')
  if (model !== undefined) throw new CliError(`No model "${model}" was ever served here; these were: ${names}.`)
  if (others.length > 0) throw new CliError(`Several models are served here. Name one with --model: ${names}.`)
  return only
}
