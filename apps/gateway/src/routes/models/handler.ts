import type { ModelList } from '@foretoken/protocol'
import type { Handler } from 'hono'
import type { AuthenticatedEnv, Services } from '../../services.ts'
import { requireModel } from '../../workers/known-model.ts'

/** GET /v1/models */
export function listModels({ workers }: Services): Handler<AuthenticatedEnv> {
  return (ctx) => ctx.json<ModelList>({ object: 'list', data: [...workers.models.values()] })
}

/** GET /v1/models/{id}; an id may hold slashes. */
export function getModel(services: Services): Handler<AuthenticatedEnv> {
  return async (ctx) => ctx.json(await requireModel(services, ctx.req.param('id') ?? ''))
}
