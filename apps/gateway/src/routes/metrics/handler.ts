import { createHash, timingSafeEqual } from 'node:crypto'
import { ApiError } from '@foretoken/protocol'
import { renderMetrics } from '@foretoken/telemetry'
import type { Handler } from 'hono'
import type { GatewayEnv, Services } from '../../services.ts'
import type { PooledWorker } from '../../workers/pool.ts'

/** GET /metrics: this process's metrics and, labelled `worker`, those of every worker that answers. */
export function metrics(services: Services): Handler<GatewayEnv> {
  return async (ctx) => {
    checkToken(services.config.metricsToken, ctx.req.header('authorization'))
    const own = { labels: {}, families: await services.registry.getMetricsAsJSON() }
    const workers = await Promise.all(services.workers.workers.map(metricsOf))
    return ctx.text(await renderMetrics([own, ...workers]), 200, { 'content-type': services.registry.contentType })
  }
}

/** A worker that doesn't answer is missing from the page, as its absence is from the rates. */
async function metricsOf({ client, status, url }: PooledWorker) {
  const families = await client.metrics().catch(() => [])
  return { labels: { worker: status?.worker ?? url }, families }
}

function checkToken(expected: string | null, header: string | undefined): void {
  if (expected === null) return
  const digest = (text: string) => createHash('sha256').update(text).digest()
  if (!timingSafeEqual(digest(`Bearer ${expected}`), digest(header ?? ''))) {
    throw new ApiError('unauthorized_scrape', { values: {} })
  }
}
