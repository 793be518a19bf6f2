import type { Handler } from 'hono'
import type { GatewayEnv, Services } from '../../services.ts'
import { within } from '../../within.ts'

/** GET /healthz: the process answers. Says nothing of what it depends on, or an outage there would restart it. */
export function live(): Handler<GatewayEnv> {
  return (ctx) => ctx.json({ status: 'alive' })
}

/** GET /readyz: whether requests sent here now can be served. */
export function ready(services: Services): Handler<GatewayEnv> {
  return async (ctx) => {
    const checks = {
      running: services.lifecycle.ready,
      database: await answers(services),
      worker: services.workers.someReady,
    }
    const isReady = Object.values(checks).every(Boolean)
    return ctx.json({ status: isReady ? 'ready' : 'not ready', checks }, isReady ? 200 : 503)
  }
}

async function answers({ store, config }: Services): Promise<boolean> {
  try {
    await within(config.limits.databaseMsMax, store.ping())
    return true
  } catch {
    return false
  }
}
