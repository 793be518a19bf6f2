import {
  type AuthenticatedKey,
  authenticate,
  type Database,
  deleteResponse,
  findResponse,
  findTargets,
  journalOpenRequests,
  type OpenRequest,
  type Rejected,
  type ResponseChain,
  recordUsage,
  rejectDraft,
  removeExpiredResponses,
  responseChain,
  type StoredResponse,
  type StoredResponseLimits,
  saveResponse,
  settleLostRequests,
  TARGET_AWAY_MS,
  type UsageRecord,
} from '@foretoken/db'

export type {
  AuthenticatedKey,
  KeyScope,
  LiveAdapter,
  OpenRequest,
  Rejected,
  ResponseChain,
  StoredResponse,
  StoredResponseLimits,
  UsageRecord,
} from '@foretoken/db'

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
  /** Whether anybody has served a model of this name in the last days. */
  servedLately(model: string): Promise<boolean>
  /** Idempotent on its id. What a tenant has beyond the limits goes, the oldest first. */
  saveResponse(tenantId: string, response: StoredResponse, limits: StoredResponseLimits): Promise<void>
  /** A tenant's response and those that it went on from, about as many bytes of them. */
  responseChain(tenantId: string, id: string, bytesMax: number): Promise<ResponseChain>
  findResponse(tenantId: string, id: string): Promise<StoredResponse | null>
  /** False where the tenant has none of this id. */
  deleteResponse(tenantId: string, id: string): Promise<boolean>
  /** Says how many went. */
  removeExpiredResponses(): Promise<number>
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
    servedLately: async (name) => (await findTargets(db, { name, seenWithinMs: TARGET_AWAY_MS })).length > 0,
    saveResponse: (tenantId, response, limits) => saveResponse(db, tenantId, response, limits),
    responseChain: (tenantId, id, bytesMax) => responseChain(db, tenantId, id, bytesMax),
    findResponse: (tenantId, id) => findResponse(db, tenantId, id),
    deleteResponse: (tenantId, id) => deleteResponse(db, tenantId, id),
    removeExpiredResponses: () => removeExpiredResponses(db),
    ping: async () => {
      await db.pool.query('select 1')
    },
  }
}
