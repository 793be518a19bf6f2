import type { Handler } from 'hono'
import type { GatewayEnv } from '../services.ts'
import { openApiDocument } from './document.ts'

/** GET /openapi.json */
export function openApi(): Handler<GatewayEnv> {
  let text: string | undefined
  return (ctx) => {
    text ??= JSON.stringify(openApiDocument())
    return ctx.body(text, 200, { 'content-type': 'application/json' })
  }
}
