import { type Database, type Forgotten, findTenant, type Tenant } from '@foretoken/db'
import { ApiError } from '@foretoken/protocol'
import type { DeletionObject, TenantObject } from '@foretoken/protocol/admin'
import { timeOrNull } from './list.ts'

export function tenantObject(tenant: Tenant): TenantObject {
  const { id, name, status, learning, plan, weight, held, rollouts, createdAt, forgottenAt } = tenant
  const settings = { id, name, status, learning, plan, weight, held, rollouts }
  return {
    object: 'tenant',
    ...settings,
    created_at: createdAt.toISOString(),
    forgotten_at: timeOrNull(forgottenAt),
  }
}

export function deletionObject(tenant: string, { forgottenAt, drafts, runs }: Forgotten): DeletionObject {
  return { object: 'deletion', tenant, forgotten_at: forgottenAt.toISOString(), drafts, training_runs: runs }
}

/** The tenant of a path. @throws ApiError where there is none */
export async function requireTenant(db: Database, id: string): Promise<Tenant> {
  return found(await findTenant(db, id))
}

/** What there is of a tenant's. @throws ApiError where there is nothing */
export function found<T>(value: T | null, kind = 'tenant'): T {
  if (value === null) throw new ApiError('not_found', { values: { kind } })
  return value
}
