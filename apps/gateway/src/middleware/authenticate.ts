import { ApiError } from '@foretoken/protocol'
import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import type { KeyCache } from '../keys/key-cache.ts'
import type { AuthenticatedEnv } from '../services.ts'
import type { AuthenticatedKey, KeyScope } from '../store.ts'

const BEARER = /^Bearer +(\S{1,512})$/i

/** Lets in who presents a valid key that may do this. */
export function authenticate(keys: KeyCache, scope: KeyScope) {
  return createMiddleware<AuthenticatedEnv>(async (ctx, next) => {
    ctx.set('key', await keyOf(ctx, keys, scope))
    await next()
  })
}

/**
 * The key that is presented. A missing, malformed, unknown, expired and revoked one get the same answer.
 *
 * @throws ApiError for those, and for one that was not made for this
 */
export async function keyOf(ctx: Context, keys: KeyCache, scope: KeyScope): Promise<AuthenticatedKey> {
  const presented = bearerOf(ctx)
  const key = presented === undefined ? null : await keys.authenticate(presented)
  if (!key) throw new ApiError('invalid_api_key', { values: {} })
  if (!key.scopes.includes(scope)) throw new ApiError('missing_scope', { values: { scope } })
  return key
}

/** What the request presents as its key; undefined where that is nothing, or cannot be one. */
export function bearerOf(ctx: Context): string | undefined {
  return BEARER.exec(ctx.req.header('authorization') ?? '')?.[1]
}
