import { ApiError } from '@foretoken/protocol'
import { createMiddleware } from 'hono/factory'
import type { KeyCache } from '../keys/key-cache.ts'
import type { AuthenticatedEnv } from '../services.ts'

const BEARER = /^Bearer +(\S{1,512})$/i

/** Lets in who presents a valid key. A missing, malformed, unknown and revoked key get the same answer. */
export function authenticate(keys: KeyCache) {
  return createMiddleware<AuthenticatedEnv>(async (ctx, next) => {
    const presented = BEARER.exec(ctx.req.header('authorization') ?? '')?.[1]
    const key = presented === undefined ? null : await keys.authenticate(presented)
    if (!key) throw new ApiError('invalid_api_key', { values: {} })
    ctx.set('key', key)
    await next()
  })
}
