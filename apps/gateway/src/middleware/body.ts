import { ApiError } from '@foretoken/protocol'
import type { Context } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { createMiddleware } from 'hono/factory'

/**
 * Refuses a body larger than `bytesMax` without reading on. A body that states its length is judged by that, since
 * Node reads no further; only one that doesn't is counted as it comes, which costs a stream more.
 */
export function limitBody(bytesMax: number) {
  const refuse = () => {
    throw new ApiError('request_too_large', { values: { bytesMax: String(bytesMax) } })
  }
  const count = bodyLimit({ maxSize: bytesMax, onError: refuse })
  return createMiddleware(async (ctx, next) => {
    const length = ctx.req.header('content-length')
    if (length === undefined || ctx.req.header('transfer-encoding') !== undefined) return count(ctx, next)
    if (Number(length) > bytesMax) refuse()
    await next()
  })
}

/** The body as JSON, one that is empty as what is given. */
export async function readJson(ctx: Context, whereEmpty = ''): Promise<unknown> {
  return parseJson((await ctx.req.text()) || whereEmpty)
}

/** A body as JSON. The parser's own message is dropped: it quotes the body. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new ApiError('invalid_json', { values: {} })
  }
}
