import { and, eq, isNull, sql } from 'drizzle-orm'
import { audited } from '../audit/audited.ts'
import type { Database } from '../database.ts'
import { idempotencyKeys } from '../schema/idempotency-keys.ts'
import { apiKeys } from '../schema/keys.ts'
import { tenants } from '../schema/tenants.ts'
import type { Transaction } from '../transaction.ts'
import { forgetDraftsIn, lockLineage } from './promotion.ts'
import { deleteResponsesIn } from './stored-responses.ts'
import { lockTenant } from './tenants.ts'
import { cancelTrainingIn } from './training-runs.ts'

export interface Forgotten {
  readonly forgottenAt: Date
  /** Versions whose files now have to go. */
  readonly drafts: number
  /** Open training runs that were ended. */
  readonly runs: number
}

/**
 * Ends everything that was learned from a tenant, and what is kept of its answers: no version is live or can come back,
 * its open runs are void, and segments recorded before this moment are to be deleted, also those that a worker writes a
 * little later. Call it before deleting files, so that nothing reads what is going; null: no such tenant.
 */
export function forgetTenant(db: Database, tenantId: string): Promise<Forgotten | null> {
  return audited(db, 'forget tenant', async (tx, note) => {
    await lockLineage(tx, tenantId)
    if (!(await lockTenant(tx, tenantId))) return null
    const forgotten = await forgetIn(tx, tenantId, 'The tenant asked to be forgotten.')
    note({ action: 'tenant.forgotten', subjectId: tenantId, tenantId, after: { ...forgotten } })
    return forgotten
  })
}

/**
 * Ends a tenant for good: its keys open nothing, its responses go, and what was learned from it is forgotten. Its row
 * and its usage stay, which must be accountable; its name is free again. Null: no such tenant, or it was deleted
 * before.
 */
export function deleteTenant(db: Database, tenantId: string): Promise<Forgotten | null> {
  return audited(db, 'delete tenant', async (tx, note) => {
    await lockLineage(tx, tenantId)
    const tenant = await lockTenant(tx, tenantId)
    if (!tenant) return null
    const now = sql`now()`
    await tx.update(tenants).set({ status: 'deleted', learning: false, revokedAt: now }).where(eq(tenants.id, tenantId))
    const keys = await tx
      .update(apiKeys)
      .set({ revokedAt: now })
      .where(and(eq(apiKeys.tenantId, tenantId), isNull(apiKeys.revokedAt)))
      .returning({ id: apiKeys.id })
    const forgotten = await forgetIn(tx, tenantId, 'The tenant was deleted.')
    const { name, status } = tenant
    note({
      action: 'tenant.deleted',
      subjectId: tenantId,
      tenantId,
      before: { name, status },
      after: { status: 'deleted', keysRevoked: keys.map(({ id }) => id), ...forgotten },
    })
    return forgotten
  })
}

/** The caller holds the lineage's lock. */
async function forgetIn(tx: Transaction, tenantId: string, reason: string): Promise<Forgotten> {
  const [tenant] = await tx
    .update(tenants)
    .set({ forgottenAt: sql`now()` })
    .where(eq(tenants.id, tenantId))
    .returning({ forgottenAt: tenants.forgottenAt })
  if (!tenant?.forgottenAt) throw new Error('the forgotten tenant was not returned')
  await deleteResponsesIn(tx, tenantId)
  await tx.delete(idempotencyKeys).where(eq(idempotencyKeys.tenantId, tenantId))
  const runs = await cancelTrainingIn(tx, tenantId, reason)
  return { forgottenAt: tenant.forgottenAt, drafts: await forgetDraftsIn(tx, tenantId, reason), runs }
}
