import type { Hono } from 'hono'
import { mount } from '../endpoints/mount.ts'
import { limitBody } from '../middleware/body.ts'
import type { GatewayEnv, Management, Services } from '../services.ts'
import { adminOperations } from './admins/operations.ts'
import { auditOperations } from './audit/operations.ts'
import { adminGate } from './authenticate.ts'
import { draftOperations } from './drafts/operations.ts'
import { keyOperations } from './keys/operations.ts'
import { platformOperations } from './platform/operations.ts'
import { tenantOperations } from './tenants/operations.ts'

export const ADMIN_PREFIX = '/admin/v1'

/** Everything an operator can do over HTTP. */
export const ADMIN_OPERATIONS = [
  ...platformOperations,
  ...tenantOperations,
  ...keyOperations,
  ...draftOperations,
  ...auditOperations,
  ...adminOperations,
]

const BODY_BYTES_MAX = 64 * 1024

/** `/admin/v1`: for operators' credentials only, never for a tenant's key. */
export function mountAdmin(app: Hono<GatewayEnv>, { config }: Services, management: Management): void {
  mount(app, {
    prefix: ADMIN_PREFIX,
    operations: ADMIN_OPERATIONS,
    identify: adminGate(management, config.limits),
    body: limitBody(BODY_BYTES_MAX),
  })
}
