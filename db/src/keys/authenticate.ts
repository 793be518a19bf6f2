import { createHmac, timingSafeEqual } from 'node:crypto'
import type { TargetIdentity } from '@foretoken/protocol'
import { and, eq, gt, isNull, sql } from 'drizzle-orm'
import type { Database } from '../database.ts'
import { guarded } from '../errors.ts'
import { ago } from '../queries/targets.ts'
import { draftVersions } from '../schema/drafts.ts'
import { apiKeys } from '../schema/keys.ts'
import { targets } from '../schema/targets.ts'
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
  /** The drafts that the tenant's traffic has taught, one at most for each target that is being served. */
  readonly adapters: readonly LiveAdapter[]
}

/** Limits of the tenant or the key: none, of rates only, or on what they spend. */
export type Bounds = 'none' | 'rates' | 'spend'

export interface LiveAdapter {
  readonly id: string
  /** What it drafts for, and nothing else. */
  readonly target: TargetIdentity
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
  const live = liveAdapters(db)
  const rows = await guarded('authenticate', () =>
    db.drizzle
      .select({
        keyId: apiKeys.id,
        tenantId: tenants.id,
        tenantName: tenants.name,
        learning: tenants.learning,
        forgottenAt: tenants.forgottenAt,
        weight: tenants.weight,
        bounds: boundsOf(tenants.id, apiKeys.id),
        adapter: { id: live.id, contentHash: live.contentHash, key: live.key },
        target: { name: live.name, fingerprint: live.fingerprint },
        hmac: apiKeys.secretHmac,
      })
      .from(apiKeys)
      .innerJoin(tenants, eq(tenants.id, apiKeys.tenantId))
      .leftJoin(live, eq(live.tenantId, tenants.id))
      .where(and(eq(apiKeys.secretHmac, hmac), isNull(apiKeys.revokedAt), eq(tenants.status, 'active'))),
  )
  const [found] = rows
  // The index compares byte by byte; an attacker can't steer HMAC output, but this costs nothing and assumes less.
  if (found === undefined || !timingSafeEqual(found.hmac, hmac)) return null
  const { hmac: _, adapter: __, target: ___, ...key } = found
  const adapters = rows.flatMap(({ adapter, target }) => (adapter && target ? [{ ...adapter, target }] : []))
  return { ...key, adapters }
}

/** A target that nobody announced for longer is not one that a gateway could choose. */
const SERVED_MS = 3_600_000

/** States and arms as literals, so that the planner sees that the partial index of live versions applies. */
function liveAdapters({ drizzle }: Database) {
  const { tenantId, targetId, id, contentHash, artifactUri, state, arm } = draftVersions
  return drizzle
    .select({ tenantId, id, contentHash, key: artifactUri, name: targets.name, fingerprint: targets.fingerprint })
    .from(draftVersions)
    .innerJoin(targets, and(eq(targets.id, targetId), gt(targets.lastSeenAt, ago(SERVED_MS))))
    .where(and(sql`${state} = 'live'`, sql`${arm} = 'adaptive'`))
    .as('live')
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
