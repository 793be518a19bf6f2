import { and, asc, eq, sql } from 'drizzle-orm'
import type { Database } from '../database.ts'
import { guarded } from '../errors.ts'
import { newId } from '../ids.ts'
import { idempotencyKeys } from '../schema/idempotency-keys.ts'
import { tenants } from '../schema/tenants.ts'
import { forgetDraftsIn, lockLineage } from './promotion.ts'
import { deleteResponsesIn } from './stored-responses.ts'
import { cancelTrainingIn } from './training-runs.ts'

export type Tenant = typeof tenants.$inferSelect

/** A new tenant, or `name_taken`: decided by the unique index, so two callers at once can't both win. */
export async function createTenant(
  db: Database,
  name: string,
): Promise<{ ok: true; tenant: Tenant } | { ok: false; reason: 'name_taken' }> {
  const [tenant] = await guarded('create tenant', () =>
    db.drizzle
      .insert(tenants)
      .values({ id: newId('tenant'), name })
      .onConflictDoNothing({ target: tenants.name })
      .returning(),
  )
  return tenant === undefined ? { ok: false, reason: 'name_taken' } : { ok: true, tenant }
}

export async function findTenant(db: Database, tenantId: string): Promise<Tenant | null> {
  const rows = await guarded('find tenant', () =>
    db.drizzle.select().from(tenants).where(eq(tenants.id, tenantId)).limit(1),
  )
  return rows[0] ?? null
}

export async function findTenantByName(db: Database, name: string): Promise<Tenant | null> {
  const rows = await guarded('find tenant by name', () =>
    db.drizzle.select().from(tenants).where(eq(tenants.name, name)).limit(1),
  )
  return rows[0] ?? null
}

/** All tenants, oldest first. For operators only: no tenant may see that others exist. */
export function listTenants(db: Database): Promise<Tenant[]> {
  return guarded('list tenants', () => db.drizzle.select().from(tenants).orderBy(asc(tenants.id)))
}

/**
 * Ends all access of a tenant at once; its keys stay as they are, what is kept of its answers goes. False where no active tenant
 * has this id.
 */
export function revokeTenant(db: Database, tenantId: string): Promise<boolean> {
  return guarded('revoke tenant', () =>
    db.drizzle.transaction(async (tx) => {
      const revoked = await tx
        .update(tenants)
        .set({ status: 'revoked', revokedAt: sql`now()` })
        .where(and(eq(tenants.id, tenantId), eq(tenants.status, 'active')))
        .returning({ id: tenants.id })
      if (revoked.length > 0) await deleteAnswersIn(tx, tenantId)
      return revoked.length > 0
    }),
  )
}

/** Opts a tenant in or out of learning. What was learned before stays: see `forgetTenant`. False: no such tenant. */
export async function setLearning(db: Database, tenantId: string, learning: boolean): Promise<boolean> {
  const changed = await guarded('set learning', () =>
    db.drizzle.update(tenants).set({ learning }).where(eq(tenants.id, tenantId)).returning({ id: tenants.id }),
  )
  return changed.length > 0
}

/**
 * Sets a tenant's share of a busy worker against others', within `TENANT_WEIGHT`: the database refuses any other.
 * False: no such tenant.
 */
export async function setWeight(db: Database, tenantId: string, weight: number): Promise<boolean> {
  const changed = await guarded('set weight', () =>
    db.drizzle.update(tenants).set({ weight }).where(eq(tenants.id, tenantId)).returning({ id: tenants.id }),
  )
  return changed.length > 0
}

/** Stops or allows training of a tenant by the scheduler; orders by hand are served all the same. */
export async function setHeld(db: Database, tenantId: string, held: boolean): Promise<boolean> {
  const changed = await guarded('set held', () =>
    db.drizzle.update(tenants).set({ held }).where(eq(tenants.id, tenantId)).returning({ id: tenants.id }),
  )
  return changed.length > 0
}

/** Whether a tenant's drafts are tried on new weights of their target. False: no such tenant. */
export async function setRollouts(db: Database, tenantId: string, rollouts: boolean): Promise<boolean> {
  const changed = await guarded('set rollouts', () =>
    db.drizzle.update(tenants).set({ rollouts }).where(eq(tenants.id, tenantId)).returning({ id: tenants.id }),
  )
  return changed.length > 0
}

/** Sets the plan that the scheduler weighs a tenant by. */
export async function setPlan(db: Database, tenantId: string, plan: string): Promise<boolean> {
  const changed = await guarded('set plan', () =>
    db.drizzle.update(tenants).set({ plan }).where(eq(tenants.id, tenantId)).returning({ id: tenants.id }),
  )
  return changed.length > 0
}

/** Responses that it stored, and answers that are kept for who asks again. */
async function deleteAnswersIn(tx: Parameters<typeof deleteResponsesIn>[0], tenantId: string): Promise<void> {
  await deleteResponsesIn(tx, tenantId)
  await tx.delete(idempotencyKeys).where(eq(idempotencyKeys.tenantId, tenantId))
}

export interface Forgotten {
  readonly forgottenAt: Date
  /** Versions whose files now have to go. */
  readonly drafts: number
  /** Open training runs that were ended. */
  readonly runs: number
}

/**
 * Ends everything that was learned from a tenant, and what is kept of its answers: no version is live or can come back,
 * its open run is void, and segments recorded before this moment are to be deleted, also those that a worker writes a little later. Call it
 * before deleting files, so that nothing reads what is going; null: no such tenant.
 */
export function forgetTenant(db: Database, tenantId: string): Promise<Forgotten | null> {
  const reason = 'The tenant asked to be forgotten.'
  return guarded('forget tenant', () =>
    db.drizzle.transaction(async (tx) => {
      await lockLineage(tx, tenantId)
      const [tenant] = await tx
        .update(tenants)
        .set({ forgottenAt: sql`now()` })
        .where(eq(tenants.id, tenantId))
        .returning({ forgottenAt: tenants.forgottenAt })
      if (!tenant?.forgottenAt) return null
      await deleteAnswersIn(tx, tenantId)
      const runs = await cancelTrainingIn(tx, tenantId, reason)
      return { forgottenAt: tenant.forgottenAt, drafts: await forgetDraftsIn(tx, tenantId, reason), runs }
    }),
  )
}
