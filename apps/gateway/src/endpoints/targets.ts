import { type Database, findTargets, type ServedTarget, servedTargets } from '@foretoken/db'
import { ApiError } from '@foretoken/protocol'
import type { TargetObject } from '@foretoken/protocol/admin'

/** What the ids of targets stand for. */
export type Targets = ReadonlyMap<string, ServedTarget>

export async function allTargets(db: Database): Promise<Targets> {
  return new Map((await findTargets(db)).map((target) => [target.id, target]))
}

export function targetObject(targets: Targets, id: string | null): TargetObject {
  const target = id === null ? undefined : targets.get(id)
  return target ? { model: target.name, fingerprint: target.fingerprint } : null
}

/**
 * The target that is meant: the model that was named, or the only one that is served.
 *
 * @throws ApiError where there is none, or a choice
 */
export async function requireTarget(db: Database, { model }: { readonly model?: string | undefined }) {
  if (model !== undefined) {
    const [named] = await findTargets(db, { name: model })
    if (named) return named
    throw new ApiError('model_not_found', { values: { model }, param: 'model' })
  }
  const [only, ...others] = await servedTargets(db)
  if (!only) throw new ApiError('conflict', { values: { reason: 'No model was ever served here.' } })
  if (others.length === 0) return only
  throw new ApiError('missing_required_parameter', { values: { name: 'model' }, param: 'model' })
}
