import { createHmac, timingSafeEqual } from 'node:crypto'
import { and, eq, gt, isNull, or, sql } from 'drizzle-orm'
import type { Database } from '../database.ts'
import { guarded } from '../errors.ts'
import type { KeyScope } from '../key-scopes.ts'
import { draftVersions } from '../schema/drafts.ts'
import { apiKeys } from '../schema/keys.ts'
import { tenants } from '../schema/tenants.ts'
import { isWellFormed } from './format.ts'

export interface AuthenticatedKey {
  readonly keyId: string
  /** What the key may do. */
  readonly scopes: readonly KeyScope[]
  /** Until the key expires, by the database's clock; null: it doesn't. */
  readonly validForMs: number | null
  readonly tenantId: string
  readonly tenantName: string
  /** Whether the tenant's traffic may be kept to learn from. */
  readonly learning: boolean
  /** What was learned from the tenant before then has to go. */
  readonly forgottenAt: Date | null
  /** The tenant's share of a busy worker against others'. */
  readonly weight: number
  /** The draft that the tenant's traffic has taught, if one is live. */
  readonly adapter: LiveAdapter | null
}

export interface LiveAdapter {
  readonly id: string
  readonly contentHash: string
  /** Of its folder in the object store. */
  readonly key: string
}

/**
 * Notified, with the tenant's id as payload, when something that its keys resolve to has changed: itself, a key of it
 * that existed before, its drafts. Triggers do it, so it comes with every commit, whoever wrote.
 */
export const TENANTS_CHANNEL = 'foretoken_tenants'

/**
 * Who presents this key; null for a key that is malformed, unknown, expired or revoked, or whose tenant is not active.
 * The caller can't tell which, and must not.
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
  const [found] = await guarded('authenticate', () => queryOf(db).execute({ hmac }))
  // The index compares byte by byte; an attacker can't steer HMAC output, but this costs nothing and assumes less.
  if (found === undefined || !timingSafeEqual(found.hmac, hmac)) return null
  const { hmac: _, ...key } = found
  return key
}

const queries = new WeakMap<Database['drizzle'], ReturnType<typeof prepareQuery>>()

/** Planned once for each connection: planning a join of three tables takes longer than running it. */
function queryOf({ drizzle }: Database) {
  const known = queries.get(drizzle) ?? prepareQuery(drizzle)
  queries.set(drizzle, known)
  return known
}

function prepareQuery(drizzle: Database['drizzle']) {
  return drizzle
    .select({
      keyId: apiKeys.id,
      scopes: apiKeys.scopes,
      validForMs: sql<number | null>`extract(epoch from ${apiKeys.expiresAt} - now()) * 1000`.mapWith(Number),
      tenantId: tenants.id,
      tenantName: tenants.name,
      learning: tenants.learning,
      forgottenAt: tenants.forgottenAt,
      weight: tenants.weight,
      adapter: { id: draftVersions.id, contentHash: draftVersions.contentHash, key: draftVersions.artifactUri },
      hmac: apiKeys.secretHmac,
    })
    .from(apiKeys)
    .innerJoin(tenants, eq(tenants.id, apiKeys.tenantId))
    .leftJoin(draftVersions, liveAdapterOf(tenants.id))
    .where(and(eq(apiKeys.secretHmac, sql.placeholder('hmac')), isInUse(), eq(tenants.status, 'active')))
    .limit(1)
    .prepare('authenticate')
}

/** A key that opens something, as far as it is the key's business. */
export function isInUse() {
  return and(isNull(apiKeys.revokedAt), or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, sql`now()`)))
}

/** As literals, so that the planner sees that the partial index of live versions applies. */
function liveAdapterOf(tenantId: typeof tenants.id) {
  return and(
    eq(draftVersions.tenantId, tenantId),
    sql`${draftVersions.state} = 'live'`,
    sql`${draftVersions.arm} = 'adaptive'`,
  )
}

export function secretHmac(pepper: Uint8Array, secret: string): Buffer {
  return createHmac('sha256', pepper).update(secret).digest()
}
