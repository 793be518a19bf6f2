import { and, asc, eq, gt, ilike, ne, or, sql } from 'drizzle-orm'
import { type AuditEntry, audited } from '../audit/audited.ts'
import type { Database } from '../database.ts'
import { guarded } from '../errors.ts'
import { newId } from '../ids.ts'
import { type TenantStatus, tenants } from '../schema/tenants.ts'
import type { Transaction } from '../transaction.ts'

export type Tenant = typeof tenants.$inferSelect

/** A new tenant, or `name_taken`: decided by the unique index, so two callers at once can't both win. */
export function createTenant(
  db: Database,
  name: string,
): Promise<{ ok: true; tenant: Tenant } | { ok: false; reason: 'name_taken' }> {
  return audited(db, 'create tenant', async (tx, note) => {
    const [tenant] = await tx
      .insert(tenants)
      .values({ id: newId('tenant'), name })
      .onConflictDoNothing({ target: tenants.name, where: sql`${tenants.status} <> 'deleted'` })
      .returning()
    if (!tenant) return { ok: false, reason: 'name_taken' }
    const { id, plan, weight, learning } = tenant
    note({ action: 'tenant.created', subjectId: id, tenantId: id, after: { name, plan, weight, learning } })
    return { ok: true, tenant }
  })
}

export async function findTenant(db: Database, tenantId: string): Promise<Tenant | null> {
  const rows = await guarded('find tenant', () =>
    db.drizzle.select().from(tenants).where(eq(tenants.id, tenantId)).limit(1),
  )
  return rows[0] ?? null
}

/** The tenant of this name; one that was deleted has none any more. */
export async function findTenantByName(db: Database, name: string): Promise<Tenant | null> {
  const rows = await guarded('find tenant by name', () =>
    db.drizzle
      .select()
      .from(tenants)
      .where(and(eq(tenants.name, name), ne(tenants.status, 'deleted')))
      .limit(1),
  )
  return rows[0] ?? null
}

/** All tenants, oldest first. For operators only: no tenant may see that others exist. */
export function listTenants(db: Database): Promise<Tenant[]> {
  return guarded('list tenants', () => db.drizzle.select().from(tenants).orderBy(asc(tenants.id)))
}

export interface TenantQuery {
  /** Only those behind this id. */
  readonly after?: string | undefined
  /** Part of the name, or a whole id. */
  readonly search?: string | undefined
  readonly status?: TenantStatus | undefined
  readonly tenantsMax: number
}

/** Some of all tenants, oldest first: a page of a list. For operators only. */
export function searchTenants(db: Database, query: TenantQuery): Promise<Tenant[]> {
  const { after, search, status, tenantsMax } = query
  return guarded('search tenants', () =>
    db.drizzle
      .select()
      .from(tenants)
      .where(
        and(
          after === undefined ? undefined : gt(tenants.id, after),
          status === undefined ? undefined : eq(tenants.status, status),
          search === undefined ? undefined : or(ilike(tenants.name, containing(search)), eq(tenants.id, search)),
        ),
      )
      .orderBy(asc(tenants.id))
      .limit(tenantsMax),
  )
}

/** What operators, and a tenant itself where it may, can change of a tenant. */
export interface TenantChanges {
  readonly learning?: boolean | undefined
  /** What the scheduler weighs a tenant by. */
  readonly plan?: string | undefined
  /** Its share of a busy worker against others', within `TENANT_WEIGHT`: the database refuses any other. */
  readonly weight?: number | undefined
  /** Whether the scheduler trains nothing of it; orders by hand are served all the same. */
  readonly held?: boolean | undefined
  /** Whether its drafts are tried on new weights of their target. */
  readonly rollouts?: boolean | undefined
  /** A disabled tenant's keys open nothing until it is active again; nothing of it is lost. */
  readonly status?: Exclude<TenantStatus, 'deleted'> | undefined
}

/** The tenant as it is now; null where there is none of this id, or it was deleted. */
export function changeTenant(db: Database, tenantId: string, changes: TenantChanges): Promise<Tenant | null> {
  return audited(db, 'change tenant', async (tx, note) => {
    const before = await lockTenant(tx, tenantId)
    if (!before) return null
    const set = differing(before, changes)
    if (Object.keys(set).length === 0) return before
    const revokedAt = set.status === undefined ? before.revokedAt : set.status === 'active' ? null : sql`now()`
    const [after] = await tx
      .update(tenants)
      .set({ ...set, revokedAt })
      .where(eq(tenants.id, tenantId))
      .returning()
    if (!after) throw new Error('the changed tenant was not returned')
    note(changeOf(before, after, set))
    return after
  })
}

/** Ends all access of a tenant until it is enabled again; its keys stay as they are. False: no such active tenant. */
export async function disableTenant(db: Database, tenantId: string): Promise<boolean> {
  return (await changeTenant(db, tenantId, { status: 'disabled' })) !== null
}

/** Opts a tenant in or out of learning. What was learned before stays: see `forgetTenant`. False: no such tenant. */
export async function setLearning(db: Database, tenantId: string, learning: boolean): Promise<boolean> {
  return (await changeTenant(db, tenantId, { learning })) !== null
}

export async function setWeight(db: Database, tenantId: string, weight: number): Promise<boolean> {
  return (await changeTenant(db, tenantId, { weight })) !== null
}

export async function setHeld(db: Database, tenantId: string, held: boolean): Promise<boolean> {
  return (await changeTenant(db, tenantId, { held })) !== null
}

/** Whether a tenant's drafts are tried on new weights of their target. False: no such tenant. */
export async function setRollouts(db: Database, tenantId: string, rollouts: boolean): Promise<boolean> {
  return (await changeTenant(db, tenantId, { rollouts })) !== null
}

export async function setPlan(db: Database, tenantId: string, plan: string): Promise<boolean> {
  return (await changeTenant(db, tenantId, { plan })) !== null
}

/** A tenant that was not deleted, kept from changing until the transaction ends. */
export async function lockTenant(tx: Transaction, tenantId: string): Promise<Tenant | null> {
  const [tenant] = await tx
    .select()
    .from(tenants)
    .where(and(eq(tenants.id, tenantId), ne(tenants.status, 'deleted')))
    .for('update')
  return tenant ?? null
}

const CHANGEABLE = ['learning', 'plan', 'weight', 'held', 'rollouts', 'status'] as const

/** What is asked for and not so already. */
function differing(tenant: Tenant, changes: TenantChanges): TenantChanges {
  return Object.fromEntries(
    CHANGEABLE.flatMap((name) =>
      changes[name] === undefined || changes[name] === tenant[name] ? [] : [[name, changes[name]]],
    ),
  )
}

function changeOf(before: Tenant, after: Tenant, set: TenantChanges): AuditEntry {
  const names = CHANGEABLE.filter((name) => name in set)
  const fieldsOf = (tenant: Tenant) => Object.fromEntries(names.map((name) => [name, tenant[name]]))
  const { id } = before
  const entry = { subjectId: id, tenantId: id, before: fieldsOf(before), after: fieldsOf(after) }
  if (set.status === undefined) return { action: 'tenant.changed', ...entry }
  return { action: set.status === 'active' ? 'tenant.enabled' : 'tenant.disabled', ...entry }
}

/** A pattern for LIKE in which nothing but the text itself has a meaning. */
const containing = (text: string) => `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`
