import { timingSafeEqual } from 'node:crypto'
import { and, asc, eq, gt, isNull, lt, or, sql } from 'drizzle-orm'
import type { AdminRole } from '../admin-roles.ts'
import { audited } from '../audit/audited.ts'
import type { Database } from '../database.ts'
import { guarded } from '../errors.ts'
import { newId } from '../ids.ts'
import { adminKeys } from '../schema/admin-keys.ts'
import { secretHmac } from './authenticate.ts'
import { ADMIN_KEY_PREFIX, generateSecret, isWellFormed, shownPartsOf } from './format.ts'

/** An operator's credential as it is seen again: recognisable, not usable. */
export interface AdminKey {
  readonly id: string
  readonly name: string
  readonly role: AdminRole
  readonly shown: string
  readonly createdAt: Date
  readonly expiresAt: Date | null
  readonly revokedAt: Date | null
  readonly lastUsedAt: Date | null
}

export type Admin = Pick<AdminKey, 'id' | 'name' | 'role'>

/** Who presents this credential; null for every one that opens nothing. Asked anew each time: operators are few. */
export async function authenticateAdmin(db: Database, pepper: Uint8Array, presented: string): Promise<Admin | null> {
  if (!isWellFormed(presented, ADMIN_KEY_PREFIX)) return null
  const hmac = secretHmac(pepper, presented)
  const { id, name, role, secretHmac: stored, lastUsedAt } = adminKeys
  const found = await guarded('authenticate admin', async () => {
    const [row] = await db.drizzle
      .select({ id, name, role, stored })
      .from(adminKeys)
      .where(and(eq(stored, hmac), isInUse()))
      .limit(1)
    if (row === undefined || !timingSafeEqual(row.stored, hmac)) return null
    const stale = or(isNull(lastUsedAt), lt(lastUsedAt, sql`now() - interval '1 minute'`))
    await db.drizzle
      .update(adminKeys)
      .set({ lastUsedAt: sql`now()` })
      .where(and(eq(id, row.id), stale))
    return row
  })
  return found && { id: found.id, name: found.name, role: found.role }
}

/** Makes a credential; `secret` is the only copy there will ever be. */
export function createAdminKey(
  db: Database,
  pepper: Uint8Array,
  { name, role, lifetimeMs }: Pick<AdminKey, 'name' | 'role'> & { readonly lifetimeMs?: number | undefined },
): Promise<AdminKey & { readonly secret: string }> {
  return audited(db, 'create admin key', async (tx, note) => {
    const secret = generateSecret(undefined, ADMIN_KEY_PREFIX)
    const id = newId('adminKey')
    const expiresAt = lifetimeMs === undefined ? null : sql`now() + ${lifetimeMs} * interval '1 millisecond'`
    const [row] = await tx
      .insert(adminKeys)
      .values({ id, name, role, expiresAt, secretHmac: secretHmac(pepper, secret), ...shownPartsOf(secret) })
      .returning()
    if (!row) throw new Error('the inserted credential was not returned')
    const made = shownOf(row)
    note({
      action: 'admin.created',
      subjectId: id,
      tenantId: null,
      after: { name, role, shown: made.shown, expiresAt: made.expiresAt },
    })
    return { ...made, secret }
  })
}

/** All credentials, those that ended too, oldest first. */
export async function listAdminKeys(db: Database): Promise<AdminKey[]> {
  const rows = await guarded('list admin keys', () => db.drizzle.select().from(adminKeys).orderBy(asc(adminKeys.id)))
  return rows.map(shownOf)
}

/** Ends a credential for good, but never the last owner's: nobody could make another one. */
export function revokeAdminKey(db: Database, id: string): Promise<'revoked' | 'unknown' | 'last_owner'> {
  return audited(db, 'revoke admin key', async (tx, note) => {
    // In the order of their ids, so that two owners who revoke each other wait, never deadlock.
    const owners = await tx
      .select({ id: adminKeys.id })
      .from(adminKeys)
      .where(and(eq(adminKeys.role, 'owner'), isInUse()))
      .orderBy(asc(adminKeys.id))
      .for('update')
    if (owners.length === 1 && owners[0]?.id === id) return 'last_owner'
    const [revoked] = await tx
      .update(adminKeys)
      .set({ revokedAt: sql`now()` })
      .where(and(eq(adminKeys.id, id), isNull(adminKeys.revokedAt)))
      .returning()
    if (!revoked) return 'unknown'
    const { name, role } = revoked
    note({ action: 'admin.revoked', subjectId: id, tenantId: null, before: { name, role } })
    return 'revoked'
  })
}

function isInUse() {
  return and(isNull(adminKeys.revokedAt), or(isNull(adminKeys.expiresAt), gt(adminKeys.expiresAt, sql`now()`)))
}

function shownOf(row: typeof adminKeys.$inferSelect): AdminKey {
  const { secretHmac: _, shownStart, lastFour, ...key } = row
  return { ...key, shown: `${shownStart}…${lastFour}` }
}
