import { createHmac, timingSafeEqual } from 'node:crypto'
import { and, eq, isNull, sql } from 'drizzle-orm'
import type { Database } from '../database.ts'
import { guarded } from '../errors.ts'
import { draftVersions } from '../schema/drafts.ts'
import { apiKeys } from '../schema/keys.ts'
import { tenants } from '../schema/tenants.ts'
import { isWellFormed } from './format.ts'

export interface AuthenticatedKey {
  readonly keyId: string
  readonly tenantId: string
  readonly tenantName: string
  /** Whether the tenant's traffic may be kept to learn from. */
  readonly learning: boolean
  /** What was learned from the tenant before then has to go. */
  readonly forgottenAt: Date | null
  /** The tenant's share of a busy worker against others'. */
  readonly weight: number
  /** Whether its requests have to be admitted, and whether they must not begin while nobody can tell what was spent. */
  readonly bounds: Bounds
  /** The draft that the tenant's traffic has taught, if one is live. */
  readonly adapter: LiveAdapter | null
}

/** Limits of the tenant or the key: none, of rates only, or on what they spend. */
export type Bounds = 'none' | 'rates' | 'spend'

export interface LiveAdapter {
  readonly id: string
  readonly contentHash: string
  /** Of its folder in the object store. */
  readonly key: string
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
      .select({
        keyId: apiKeys.id,
        tenantId: tenants.id,
        tenantName: tenants.name,
        learning: tenants.learning,
        forgottenAt: tenants.forgottenAt,
        weight: tenants.weight,
        bounds: boundsOf(tenants.id, apiKeys.id),
        adapter: { id: draftVersions.id, contentHash: draftVersions.contentHash, key: draftVersions.artifactUri },
        hmac: apiKeys.secretHmac,
      })
      .from(apiKeys)
      .innerJoin(tenants, eq(tenants.id, apiKeys.tenantId))
      .leftJoin(draftVersions, liveAdapterOf(tenants.id))
      .where(and(eq(apiKeys.secretHmac, hmac), isNull(apiKeys.revokedAt), eq(tenants.status, 'active')))
      .limit(1),
  )
  // The index compares byte by byte; an attacker can't steer HMAC output, but this costs nothing and assumes less.
  if (found === undefined || !timingSafeEqual(found.hmac, hmac)) return null
  const { hmac: _, ...key } = found
  return key
}

/** As literals, so that the planner sees that the partial index of live versions applies. */
function liveAdapterOf(tenantId: typeof tenants.id) {
  return and(
    eq(draftVersions.tenantId, tenantId),
    sql`${draftVersions.state} = 'live'`,
    sql`${draftVersions.arm} = 'adaptive'`,
  )
}

function boundsOf(tenantId: typeof tenants.id, keyId: typeof apiKeys.id) {
  return sql<Bounds>`(
    select case
      when count(coalesce(day_nano_max, month_nano_max)) > 0 then 'spend'
      when count(coalesce(requests_per_minute, tokens_per_minute, streams_max)) > 0 then 'rates'
      else 'none' end
    from accounts where accounts.id in (${tenantId}, ${keyId})
  )`
}

export function secretHmac(pepper: Uint8Array, secret: string): Buffer {
  return createHmac('sha256', pepper).update(secret).digest()
}
