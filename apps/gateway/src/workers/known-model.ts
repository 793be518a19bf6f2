import { ApiError, type Model } from '@foretoken/protocol'
import type { Services } from '../services.ts'
import { within } from '../within.ts'

/**
 * A model that some worker here has reported. One that this gateway has never met may still exist, its workers away since
 * before the gateway began: the database knows, and as long as nobody knows it does not count as unknown.
 *
 * @throws ApiError `model_not_found`, or `no_worker` for one that may come back
 */
export async function requireModel({ workers, store, config }: Services, model: string): Promise<Model> {
  const known = workers.models.get(model)
  if (known) return known
  const lately = within(config.limits.databaseMsMax, store.servedLately(model)).catch(() => true)
  const mayReturn = workers.models.size === 0 || (await lately)
  if (!mayReturn) throw new ApiError('model_not_found', { values: { model }, param: 'model' })
  throw new ApiError('no_worker', { values: {}, internal: `no worker has ever answered for ${model}` })
}

/** The one that is named, or the only one that there is. */
export function modelOrOnly(services: Services, model: string | undefined): Promise<Model> {
  const [only, ...others] = services.workers.models.keys()
  if (model === undefined && others.length > 0) {
    throw new ApiError('missing_required_parameter', { values: { name: 'model' }, param: 'model' })
  }
  return requireModel(services, model ?? only ?? '')
}
