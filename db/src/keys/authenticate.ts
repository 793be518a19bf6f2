import { createHmac, timingSafeEqual } from 'node:crypto'
import type { TargetIdentity } from '@foretoken/protocol'
import { and, eq, gt, isNull, or, sql } from 'drizzle-orm'
import type { Database } from '../database.ts'
import { guarded } from '../errors.ts'
import type { KeyScope } from '../key-scopes.ts'
import { ago } from '../queries/targets.ts'
import { draftVersions } from '../schema/drafts.ts'
import { apiKeys } from '../schema/keys.ts'
import { targets } from '../schema/targets.ts'
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
  /** Whether its requests have to be admitted, and whether they must not begin while nobody can tell what was spent. */
  readonly bounds: Bounds
  /** The drafts that the tenant's traffic has taught, one at most for each target that is being served. */
  readonly adapters: readonly LiveAdapter[]
  /** Those that are tried, one at most for each target, too: they draft for a share of the steps. */
  readonly canaries: readonly LiveAdapter[]
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
  const rows = await guarded('authenticate', () => queryOf(db).execute({ hmac }))
  const [found] = rows
  // The index compares byte by byte; an attacker can't steer HMAC output, but this costs nothing and assumes less.
  if (found === undefined || !timingSafeEqual(found.hmac, hmac)) return null
  const { hmac: _, adapter: __, target: ___, state: ____, ...key } = found
  const inState = (wanted: typeof found.state) =>
    rows.flatMap(({ adapter, target, state }) =>
      adapter && target && state === wanted ? [{ ...adapter, target }] : [],
    )
  return { ...key, adapters: inState('live'), canaries: inState('canary') }
}

const queries = new WeakMap<Database['drizzle'], ReturnType<typeof prepareQuery>>()

/** Planned once for each connection: planning a join of four tables takes longer than running it. */
function queryOf({ drizzle }: Database) {
  const known = queries.get(drizzle) ?? prepareQuery(drizzle)
  queries.set(drizzle, known)
  return known
}

/** One row for each adapter, live or canary; one without an adapter where there is none. */
function prepareQuery(drizzle: Database['drizzle']) {
  const named = servingAdapters(drizzle)
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
      bounds: boundsOf(tenants.id, apiKeys.id),
      adapter: { id: named.id, contentHash: named.contentHash, key: named.key },
      target: { name: named.name, fingerprint: named.fingerprint },
      state: named.state,
      hmac: apiKeys.secretHmac,
    })
    .from(apiKeys)
    .innerJoin(tenants, eq(tenants.id, apiKeys.tenantId))
    .leftJoin(named, eq(named.tenantId, tenants.id))
    .where(and(eq(apiKeys.secretHmac, sql.placeholder('hmac')), isInUse(), eq(tenants.status, 'active')))
    .prepare('authenticate')
}

/** A key that opens something, as far as it is the key's business. */
export function isInUse() {
  return and(isNull(apiKeys.revokedAt), or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, sql`now()`)))
}

/** A target that nobody announced for longer is not one that a gateway could choose. */
const SERVED_MS = 3_600_000

/** States as literals, so that the planner sees that the partial index applies. */
function servingAdapters(drizzle: Database['drizzle']) {
  const { tenantId, targetId, id, contentHash, artifactUri, state } = draftVersions
  const { name, fingerprint } = targets
  return drizzle
    .select({ tenantId, id, contentHash, key: artifactUri, state, name, fingerprint })
    .from(draftVersions)
    .innerJoin(targets, and(eq(targets.id, targetId), gt(targets.lastSeenAt, ago(SERVED_MS))))
    .where(sql`${state} in ('live', 'canary')`)
    .as('serving')
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
