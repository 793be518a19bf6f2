import { and, asc, eq, isNull, sql } from 'drizzle-orm'
import { audited } from '../audit/audited.ts'
import type { Database } from '../database.ts'
import { guarded } from '../errors.ts'
import { newId } from '../ids.ts'
import type { KeyScope } from '../key-scopes.ts'
import { apiKeys } from '../schema/keys.ts'
import type { Transaction } from '../transaction.ts'
import { isInUse, secretHmac } from './authenticate.ts'
import { generateSecret, shownPartsOf } from './format.ts'

/** A key as its owner sees it again: recognisable, not usable. */
export interface ApiKey {
  readonly id: string
  readonly name: string
  /** E.g. `ftk_9aZx…Q2fD`. */
  readonly shown: string
  readonly scopes: readonly KeyScope[]
  /** The key whose place it took. */
  readonly replacesId: string | null
  readonly createdAt: Date
  readonly expiresAt: Date | null
  readonly revokedAt: Date | null
  readonly lastUsedAt: Date | null
}

/** `secret` is the only copy there will ever be. */
export interface NewApiKey extends ApiKey {
  readonly secret: string
}

export interface ApiKeyOptions {
  readonly tenantId: string
  readonly name: string
  /** Absent: `inference`. */
  readonly scopes?: readonly KeyScope[]
  /** How long it lives, by the database's clock; absent: until it is revoked. */
  readonly lifetimeMs?: number | undefined
}

/** Makes a key for a tenant. */
export function createApiKey(db: Database, pepper: Uint8Array, options: ApiKeyOptions): Promise<NewApiKey> {
  return audited(db, 'create API key', async (tx, note) => {
    const { tenantId, name, scopes = ['inference'], lifetimeMs } = options
    const made = await insertKey(tx, pepper, {
      tenantId,
      name,
      scopes: [...scopes],
      expiresAt: lifetimeMs === undefined ? null : inMs(lifetimeMs),
    })
    note({ action: 'key.created', subjectId: made.id, tenantId, after: describe(made) })
    return made
  })
}

export interface Rotation {
  readonly made: NewApiKey
  /** The one before, which ends then. */
  readonly old: ApiKey
}

/**
 * Makes a key that takes another one's place: the same name and scopes, and the lifetime that the old one was given.
 * The old one works for `overlapMs` longer, or until it would have ended anyway. Null where the tenant has no such key
 * in use: unknown, foreign, expired and revoked look alike.
 */
export function rotateApiKey(
  db: Database,
  pepper: Uint8Array,
  { tenantId, keyId, overlapMs }: { tenantId: string; keyId: string; overlapMs: number },
): Promise<Rotation | null> {
  return audited(db, 'rotate API key', async (tx, note) => {
    const [before] = await tx
      .select()
      .from(apiKeys)
      .where(and(ownedBy(tenantId, keyId), isInUse()))
      .for('update')
    if (!before) return null
    const [old] = await tx
      .update(apiKeys)
      .set({ expiresAt: sql`least(${apiKeys.expiresAt}, ${inMs(overlapMs)})` })
      .where(eq(apiKeys.id, keyId))
      .returning()
    if (!old) throw new Error('the rotated key was not returned')
    const { name, scopes, createdAt, expiresAt } = before
    const made = await insertKey(tx, pepper, {
      ...{ tenantId, name, scopes, replacesId: keyId },
      expiresAt: expiresAt && inMs(expiresAt.getTime() - createdAt.getTime()),
    })
    note({
      action: 'key.rotated',
      subjectId: keyId,
      tenantId,
      before: { expiresAt },
      after: { expiresAt: old.expiresAt, replacedBy: made.id },
    })
    note({ action: 'key.created', subjectId: made.id, tenantId, after: describe(made) })
    return { made, old: shownOf(old) }
  })
}

/** All keys of a tenant, those that ended too, oldest first. */
export async function listApiKeys(db: Database, tenantId: string): Promise<ApiKey[]> {
  const rows = await guarded('list API keys', () =>
    db.drizzle.select().from(apiKeys).where(eq(apiKeys.tenantId, tenantId)).orderBy(asc(apiKeys.id)),
  )
  return rows.map(shownOf)
}

/** Ends a key for good. False where the tenant has no such key to end: unknown, foreign and revoked look alike. */
export function revokeApiKey(db: Database, { tenantId, keyId }: { tenantId: string; keyId: string }): Promise<boolean> {
  return audited(db, 'revoke API key', async (tx, note) => {
    const [revoked] = await tx
      .update(apiKeys)
      .set({ revokedAt: sql`now()` })
      .where(and(ownedBy(tenantId, keyId), isNull(apiKeys.revokedAt)))
      .returning()
    if (!revoked) return false
    const after = { revokedAt: revoked.revokedAt }
    note({ action: 'key.revoked', subjectId: keyId, tenantId, before: describe(shownOf(revoked)), after })
    return true
  })
}

type Inserted = Pick<typeof apiKeys.$inferInsert, 'tenantId' | 'name' | 'replacesId'> & {
  readonly scopes: KeyScope[]
  readonly expiresAt: ReturnType<typeof inMs> | null
}

async function insertKey(tx: Transaction, pepper: Uint8Array, values: Inserted): Promise<NewApiKey> {
  const secret = generateSecret()
  const id = newId('apiKey')
  const [row] = await tx
    .insert(apiKeys)
    .values({ ...values, id, secretHmac: secretHmac(pepper, secret), ...shownPartsOf(secret) })
    .returning()
  if (!row) throw new Error('the inserted key was not returned')
  return { ...shownOf(row), secret }
}

function shownOf(row: typeof apiKeys.$inferSelect): ApiKey {
  const { tenantId: _, secretHmac: __, shownStart, lastFour, ...key } = row
  return { ...key, shown: `${shownStart}…${lastFour}` }
}

/** For the audit log. */
function describe({ name, shown, scopes, expiresAt, replacesId }: ApiKey) {
  return { name, shown, scopes, expiresAt, replacesId }
}

const ownedBy = (tenantId: string, keyId: string) => and(eq(apiKeys.tenantId, tenantId), eq(apiKeys.id, keyId))
const inMs = (ms: number) => sql<Date>`now() + ${ms} * interval '1 millisecond'`
