import { type Database, findTargets, type ServedTarget, TARGET_AWAY_MS } from '@foretoken/db'
import { CliError } from '../errors.ts'

/** The models that were served in the last days, each as the weights that it had last; all there ever were, if none was. */
export async function servedTargets(db: Database): Promise<ServedTarget[]> {
  const lately = await findTargets(db, { seenWithinMs: TARGET_AWAY_MS })
  return latestOfEach(lately.length > 0 ? lately : await findTargets(db))
}

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

/** They come with the one that was served last first. */
function latestOfEach(targets: readonly ServedTarget[]): ServedTarget[] {
  const latest = new Map<string, ServedTarget>()
  for (const target of targets) if (!latest.has(target.name)) latest.set(target.name, target)
  return [...latest.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}
