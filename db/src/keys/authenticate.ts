import { createHmac, timingSafeEqual } from 'node:crypto'
import { and, eq, isNull } from 'drizzle-orm'
import type { Database } from '../database.ts'
import { guarded } from '../errors.ts'
import { apiKeys } from '../schema/keys.ts'
import { tenants } from '../schema/tenants.ts'
import { isWellFormed } from './format.ts'

export interface AuthenticatedKey {
  readonly keyId: string
  readonly tenantId: string
  readonly tenantName: string
}

/**
 * Who presents this key; null for a key that is malformed, unknown or revoked, or whose tenant is not active. The
 * caller can't tell which, and must not.
 *
 * @param pepper the deployment's secret; keys made under another pepper are unknown.
 */
export async function authenticate(
  db: Database,
  pepper: Uint8Array,
  presented: string,
): Promise<AuthenticatedKey | null> {
  if (!isWellFormed(presented)) return null
  const hmac = secretHmac(pepper, presented)
  const [found] = await guarded('authenticate', () =>
    db.drizzle
      .select({ keyId: apiKeys.id, tenantId: tenants.id, tenantName: tenants.name, hmac: apiKeys.secretHmac })
      .from(apiKeys)
      .innerJoin(tenants, eq(tenants.id, apiKeys.tenantId))
      .where(and(eq(apiKeys.secretHmac, hmac), isNull(apiKeys.revokedAt), eq(tenants.status, 'active')))
      .limit(1),
  )
  // The index compares byte by byte; an attacker can't steer HMAC output, but this costs nothing and assumes less.
  if (found === undefined || !timingSafeEqual(found.hmac, hmac)) return null
  return { keyId: found.keyId, tenantId: found.tenantId, tenantName: found.tenantName }
}

export function secretHmac(pepper: Uint8Array, secret: string): Buffer {
  return createHmac('sha256', pepper).update(secret).digest()
}
