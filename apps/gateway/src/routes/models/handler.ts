import { ApiError, type ModelList } from '@foretoken/protocol'
import type { Handler } from 'hono'
import type { AuthenticatedEnv, Services } from '../../services.ts'

/** GET /v1/models */
export function listModels({ workers }: Services): Handler<AuthenticatedEnv> {
  return (ctx) => ctx.json<ModelList>({ object: 'list', data: [...workers.models.values()] })
}

/** GET /v1/models/{id}; an id may hold slashes. */
export function getModel({ workers }: Services): Handler<AuthenticatedEnv> {
  return (ctx) => {
    const id = ctx.req.param('id') ?? ''
    const model = workers.models.get(id)
    if (!model) throw new ApiError('model_not_found', { values: { model: id }, param: 'model' })
    return ctx.json(model)
  }
}
