import type { Handler } from 'hono'
import type { GatewayEnv } from '../services.ts'
import { openApiDocument } from './document.ts'
import { PAGE_HEADERS, renderPage } from './page.ts'

/** GET /openapi.json */
export function openApi(): Handler<GatewayEnv> {
  let text: string | undefined
  return (ctx) => {
    text ??= JSON.stringify(openApiDocument())
    return ctx.body(text, 200, { 'content-type': 'application/json' })
  }
}

/** GET /docs: the same for people. */
export function docs(): Handler<GatewayEnv> {
  let page: string | undefined
  return async (ctx) => {
    page ??= String(await renderPage(openApiDocument()))
    return ctx.html(page, 200, PAGE_HEADERS)
  }
}
