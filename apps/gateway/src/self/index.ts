import { actingAs } from '@foretoken/db'
import type { Hono } from 'hono'
import { mount } from '../endpoints/mount.ts'
import { keyOf } from '../middleware/authenticate.ts'
import { limitBody } from '../middleware/body.ts'
import type { GatewayEnv, Management, Services } from '../services.ts'
import { SELF_OPERATIONS, SELF_PREFIX } from './operations.ts'

const BODY_BYTES_MAX = 64 * 1024

/** `/v1/foretoken`: a tenant with its own key. */
export function mountSelf(app: Hono<GatewayEnv>, { keys }: Services, { db }: Management): void {
  mount(app, {
    prefix: SELF_PREFIX,
    operations: SELF_OPERATIONS,
    identify: async (ctx, scope) => {
      const key = await keyOf(ctx, keys, scope)
      return { key, db: actingAs(db, { kind: 'tenant', id: key.keyId, requestId: ctx.var.requestId }) }
    },
    body: limitBody(BODY_BYTES_MAX),
  })
}
