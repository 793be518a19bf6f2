import { and, asc, eq, isNull, sql } from 'drizzle-orm'
import type { Database } from '../database.ts'
import { guarded } from '../errors.ts'
import { newId } from '../ids.ts'
import { apiKeys } from '../schema/keys.ts'
import { secretHmac } from './authenticate.ts'
import { API_KEY_PREFIX, generateSecret } from './format.ts'

/** A key as its owner sees it again: recognisable, not usable. */
export interface ApiKey {
  readonly id: string
  readonly name: string
  /** E.g. `ftk_9aZx…Q2fD`. */
  readonly shown: string
  readonly createdAt: Date
  readonly revokedAt: Date | null
  readonly lastUsedAt: Date | null
}

const SHOWN_START_LENGTH = API_KEY_PREFIX.length + 4

/** Makes a key for a tenant. `secret` is the only copy there will ever be. */
export async function createApiKey(
  db: Database,
  pepper: Uint8Array,
  owner: { tenantId: string; name: string },
): Promise<{ id: string; secret: string }> {
  const id = newId('apiKey')
  const secret = generateSecret()
  await guarded('create API key', () =>
    db.drizzle.insert(apiKeys).values({
      ...owner,
      id,
      secretHmac: secretHmac(pepper, secret),
      shownStart: secret.slice(0, SHOWN_START_LENGTH),
      lastFour: secret.slice(-4),
    }),
  )
  return { id, secret }
}

/** All keys of a tenant, revoked ones too, oldest first. */
export async function listApiKeys(db: Database, tenantId: string): Promise<ApiKey[]> {
  const rows = await guarded('list API keys', () =>
    db.drizzle.select().from(apiKeys).where(eq(apiKeys.tenantId, tenantId)).orderBy(asc(apiKeys.id)),
  )
  return rows.map(({ id, name, shownStart, lastFour, createdAt, revokedAt, lastUsedAt }) => {
    return { id, name, shown: `${shownStart}…${lastFour}`, createdAt, revokedAt, lastUsedAt }
  })
}

/** Ends a key for good. False where the tenant has no such key in use: unknown, foreign and revoked look alike. */
export async function revokeApiKey(db: Database, key: { tenantId: string; keyId: string }): Promise<boolean> {
  const revoked = await guarded('revoke API key', () =>
    db.drizzle
      .update(apiKeys)
      .set({ revokedAt: sql`now()` })
      .where(and(eq(apiKeys.tenantId, key.tenantId), eq(apiKeys.id, key.keyId), isNull(apiKeys.revokedAt)))
      .returning({ id: apiKeys.id }),
  )
  return revoked.length > 0
}
