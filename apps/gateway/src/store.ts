import {
  type AuthenticatedKey,
  authenticate,
  type Database,
  journalOpenRequests,
  type OpenRequest,
  type Rejected,
  recordUsage,
  rejectDraft,
  settleLostRequests,
  type UsageRecord,
} from '@foretoken/db'

export type { AuthenticatedKey, KeyScope, OpenRequest, Rejected, UsageRecord } from '@foretoken/db'

/** What the gateway needs of the database: a port, so that tests can break it at will. */
export interface Store {
  /** Whose key this is; null for every key that opens nothing, without a hint why. */
  authenticate(presented: string): Promise<AuthenticatedKey | null>
  /** Idempotent on each request's id. All of them are written, or none is. */
  recordUsage(usages: readonly UsageRecord[]): Promise<void>
  /** Writes down what a gateway's requests have used by now. */
  journal(gatewayId: string, requests: readonly OpenRequest[]): Promise<void>
  /** Bills what lost gateways served; says of how many requests. */
  settleLost(): Promise<number>
  /** Takes a tenant's draft out of use, and the last good one back into it. Idempotent. */
  rejectDraft(tenantId: string, version: string, reason: string): Promise<Rejected>
  /** Resolves when the database answers. */
  ping(): Promise<void>
}

export function postgresStore(db: Database, pepper: Uint8Array): Store {
  const touched = new Map<string, number>()
  return {
    authenticate: (presented) => authenticate(db, pepper, presented),
    recordUsage: (usages) => recordUsage(db, usages, touched),
    journal: (gatewayId, requests) => journalOpenRequests(db, gatewayId, requests),
    settleLost: () => settleLostRequests(db),
    rejectDraft: (tenantId, version, reason) => rejectDraft(db, tenantId, version, reason),
    ping: async () => {
      await db.pool.query('select 1')
    },
  }
}
