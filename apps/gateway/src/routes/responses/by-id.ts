import { ApiError } from '@foretoken/protocol'
import type { Handler } from 'hono'
import type { AuthenticatedEnv, Services } from '../../services.ts'
import { shown } from './conversation.ts'
import { StoredResponses } from './stored.ts'

/** GET /v1/responses/{id} */
export function getResponse(services: Services): Handler<AuthenticatedEnv> {
  const stored = new StoredResponses(services)
  return async (ctx) => {
    if (ctx.req.query('stream') === 'true') {
      throw new ApiError('unsupported_parameter', { values: { name: 'stream' }, param: 'stream' })
    }
    const id = ctx.req.param('id') ?? ''
    const found = await stored.find(ctx.var.key.tenantId, id)
    if (!found) throw notFound(id)
    return ctx.json(found.response)
  }
}

/** DELETE /v1/responses/{id}: its text is gone from then on; what went on from it can't be gone on from. */
export function deleteResponse(services: Services): Handler<AuthenticatedEnv> {
  const stored = new StoredResponses(services)
  return async (ctx) => {
    const id = ctx.req.param('id') ?? ''
    if (!(await stored.delete(ctx.var.key.tenantId, id))) throw notFound(id)
    return ctx.json({ id, object: 'response', deleted: true })
  }
}

function notFound(id: string): ApiError {
  return new ApiError('response_not_found', { values: { id: shown(id) } })
}
