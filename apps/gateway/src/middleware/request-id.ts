import { newRequestId } from '@foretoken/protocol'
import type { Logger } from '@foretoken/telemetry'
import { createMiddleware } from 'hono/factory'
import { routePath } from 'hono/route'
import type { GatewayEnv } from '../services.ts'

const CLIENT_ID = /^[\w.:-]{1,128}$/

/**
 * Names every request and logs its end. A client's own `x-request-id` is echoed and logged, but it never names the
 * request inside: usage is idempotent on the request's id, so a client that chose it could have many answers for the
 * price of one. `x-foretoken-request-id` always carries ours.
 */
export function requestId(logger: Logger) {
  return createMiddleware<GatewayEnv>(async (ctx, next) => {
    const startMs = performance.now()
    const id = newRequestId()
    const header = ctx.req.header('x-request-id')
    const clientId = header !== undefined && CLIENT_ID.test(header) ? header : undefined
    ctx.set('requestId', id)
    // On Node's response: a header that is added to a Response afterwards makes a new one, with a stream for its body.
    ctx.env.outgoing.setHeader('x-request-id', clientId ?? id)
    ctx.env.outgoing.setHeader('x-foretoken-request-id', id)
    await next()
    if (!logger.isLevelEnabled('debug')) return
    const ms = Math.round(performance.now() - startMs)
    const route = `${ctx.req.method} ${routePath(ctx, -1)}`
    logger.debug({ requestId: id, clientRequestId: clientId, route, status: ctx.res.status, ms }, 'answered')
  })
}
