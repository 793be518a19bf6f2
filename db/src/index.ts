/**
 * The one relational database: who may call (tenants, keys), what they used (requests), and how well drafts did
 * (acceptance, draft versions).
 *
 * Core idea: every question the platform asks has a named function in `queries/` or `keys/`; nobody else writes SQL.
 * A function that touches a tenant's rows takes the tenant's id and puts it in the WHERE clause, so another tenant's
 * row is indistinguishable from a missing one.
 *
 * Invariants
 * - A key's secret is never stored; a malformed key never reaches the database.
 * - Usage is one row per request, final counters, idempotent on the request's id: retries bill nothing twice.
 * - Parameter values never leave in an error: see `DatabaseError`.
 *
 * On failure every function throws `DatabaseError`, whose `retryable` says whether the same call may succeed later.
 * An expected "no" (unknown key, name taken) is a value.
 *
 * Concurrency: any number of processes; `migrate` serialises itself by an advisory lock, `recordAcceptance` adds in
 * one statement with a fixed lock order.
 */
export { type Database, openDatabase } from './database.ts'
export { DatabaseError } from './errors.ts'
export { ID_PREFIXES, type IdKind, newId } from './ids.ts'
export { type AuthenticatedKey, authenticate } from './keys/authenticate.ts'
export { API_KEY_PREFIX, generateSecret, isWellFormed } from './keys/format.ts'
export { type ApiKey, createApiKey, listApiKeys, revokeApiKey } from './keys/keys.ts'
export { migrate } from './migrate.ts'
export { type AcceptanceRecord, acceptanceOf, recordAcceptance } from './queries/acceptance.ts'
export { latestDraftVersion, type NewDraftVersion, registerDraftVersion } from './queries/drafts.ts'
export {
  createTenant,
  findTenant,
  findTenantByName,
  listTenants,
  revokeTenant,
  type Tenant,
} from './queries/tenants.ts'
export { recordUsage, type SpeculationUsage, type UsageRecord, usageTotals } from './queries/usage.ts'
