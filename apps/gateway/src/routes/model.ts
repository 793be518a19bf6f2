import { ApiError, type Model } from '@foretoken/protocol'
import type { WorkerPool } from '../workers/pool.ts'

/** A model counts as unknown only if some worker could be asked; otherwise nobody knows. */
export function requireModel({ models }: Pick<WorkerPool, 'models'>, id: string): Model {
  const model = models.get(id)
  if (model) return model
  if (models.size > 0) throw new ApiError('model_not_found', { values: { model: id }, param: 'model' })
  throw new ApiError('no_worker', { values: {}, internal: 'no worker has ever answered' })
}

/** The one that is named, or the only one there is. */
export function modelOrOnly(pool: Pick<WorkerPool, 'models'>, id: string | undefined): Model {
  const [only, ...others] = pool.models.keys()
  if (id === undefined && others.length > 0) {
    throw new ApiError('missing_required_parameter', { values: { name: 'model' }, param: 'model' })
  }
  return requireModel(pool, id ?? only ?? '')
}
