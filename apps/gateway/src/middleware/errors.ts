import { ApiError } from '@foretoken/protocol'
import type { Logger } from '@foretoken/telemetry'
import type { Context, ErrorHandler, NotFoundHandler } from 'hono'
import { ClientGone } from '../generation/in-flight.ts'
import type { GatewayEnv } from '../services.ts'

/** nginx's status for a client that hung up; nobody reads it, logs and metrics do. */
const CLIENT_CLOSED_REQUEST = 499
const RETRY_AFTER_SECONDS = '1'

/** The one place where errors become HTTP. */
export function errorHandler(logger: Logger): ErrorHandler<GatewayEnv> {
  return (error, ctx) => {
    if (error instanceof ApiError) return toResponse(error, ctx)
    if (error instanceof ClientGone || ctx.env.outgoing.destroyed) {
      return new Response(null, { status: CLIENT_CLOSED_REQUEST })
    }
    logger.error({ err: error, requestId: ctx.var.requestId }, 'request failed')
    return toResponse(new ApiError('internal_error', { values: {}, cause: error }), ctx)
  }
}

export const notFound: NotFoundHandler<GatewayEnv> = (ctx) => {
  const values = { method: ctx.req.method, path: ctx.req.path }
  return toResponse(new ApiError('unknown_url', { values }), ctx)
}

/** For a path that exists with other methods. */
export function methodNotAllowed(allowed: readonly string[]) {
  return (ctx: Context<GatewayEnv>): Response => {
    const values = { method: ctx.req.method, path: ctx.req.path, allowed: allowed.join(' or ') }
    ctx.header('allow', allowed.join(', '))
    return toResponse(new ApiError('method_not_supported', { values }), ctx)
  }
}

function toResponse(error: ApiError, ctx: Context<GatewayEnv>): Response {
  if (error.retryable) ctx.header('retry-after', RETRY_AFTER_SECONDS)
  if (error.retryAfterMs !== null) {
    ctx.header('retry-after', String(Math.ceil(error.retryAfterMs / 1_000)))
    ctx.header('retry-after-ms', String(Math.ceil(error.retryAfterMs)))
  }
  // OpenAI's clients repeat every 409 and 429 unless they are told not to.
  if (error.code === 'insufficient_quota' || error.code === 'idempotency_mismatch')
    ctx.header('x-should-retry', 'false')
  if (error.status === 401) ctx.header('www-authenticate', 'Bearer')
  if (error.code === 'shutting_down') ctx.header('connection', 'close')
  return ctx.json(error.toEnvelope(), error.status)
}
