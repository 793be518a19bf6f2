import { ApiError } from '@foretoken/protocol'
import type { Context } from 'hono'
import { bodyLimit } from 'hono/body-limit'

/** Refuses a body larger than `bytesMax` without reading on. */
export function limitBody(bytesMax: number) {
  return bodyLimit({
    maxSize: bytesMax,
    onError: () => {
      throw new ApiError('request_too_large', { values: { bytesMax: String(bytesMax) } })
    },
  })
}

/** The body as JSON. The parser's own message is dropped: it quotes the body. */
export async function readJson(ctx: Context): Promise<unknown> {
  const text = await ctx.req.text()
  try {
    return JSON.parse(text)
  } catch {
    throw new ApiError('invalid_json', { values: {} })
  }
}
