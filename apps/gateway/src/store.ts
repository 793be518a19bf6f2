import {
  type Admission,
  type AdmissionRequest,
  type AuthenticatedKey,
  admit,
  authenticate,
  type BucketQuery,
  billingCurrency,
  type Claim,
  claimIdempotencyKey,
  type Database,
  deleteResponse,
  endIdempotentRequest,
  extendReservation,
  findResponse,
  findTargets,
  type IdempotentRequest,
  journalOpenRequests,
  type OpenRequest,
  type Rejected,
  type ResponseChain,
  recordUsage,
  rejectDraft,
  releaseReservations,
  removeExpiredIdempotencyKeys,
  removeExpiredResponses,
  renewIdempotencyKeys,
  renewReservations,
  responseChain,
  type StoredAnswer,
  type StoredResponse,
  type StoredResponseLimits,
  saveResponse,
  settleLostRequests,
  TARGET_AWAY_MS,
  type UsageBucket,
  type UsageRecord,
  usageBuckets,
} from '@foretoken/db'

export type {
  Admission,
  AdmissionRequest,
  AuthenticatedKey,
  BucketQuery,
  Claim,
  IdempotentRequest,
  KeyScope,
  LiveAdapter,
  OpenRequest,
  Rejected,
  ResponseChain,
  StoredAnswer,
  StoredResponse,
  StoredResponseLimits,
  UsageBucket,
  UsageRecord,
} from '@foretoken/db'

/** A request as reservations name it. */
export interface ReservedRequest {
  readonly requestId: string
  readonly attempt: number
}

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
  /** Decides about a request under its tenant's and key's limits, and takes what it needs of them. */
  admit(request: AdmissionRequest, leaseMs: number): Promise<Admission>
  /** What a request was granted in all, with more of the budget where there is more; null: nothing is reserved for it. */
  extend(
    request: ReservedRequest & { readonly gatewayId: string },
    more: { readonly wantedNano: bigint; readonly neededNano: bigint },
    leaseMs: number,
  ): Promise<bigint | null>
  /** Renews a gateway's reservations and counts the tokens used by now; says which of them hold. */
  renew(
    gatewayId: string,
    used: readonly (ReservedRequest & { readonly tokens: number })[],
    leaseMs: number,
  ): Promise<readonly ReservedRequest[]>
  /** Gives back what gateways had reserved that are gone; says how many. */
  release(): Promise<number>
  /** Who runs a request that its tenant named, or its answer. */
  claim(
    request: IdempotentRequest,
    gatewayId: string,
    times: { readonly leaseMs: number; readonly keptMs: number },
  ): Promise<Claim>
  /** Ends a claim, with the answer to keep. */
  endIdempotent(
    request: Pick<IdempotentRequest, 'tenantId' | 'keyHash'> & { readonly attempt: number },
    gatewayId: string,
    answer: StoredAnswer | null,
  ): Promise<void>
  renewClaims(gatewayId: string, leaseMs: number): Promise<void>
  /** Says how many went. */
  removeExpiredClaims(): Promise<number>
  /** What a tenant used and what that costs, over time. */
  usageBuckets(tenantId: string, query: BucketQuery): Promise<UsageBucket[]>
  /** What bills are in; null before there is a price. */
  billingCurrency(): Promise<string | null>
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
    admit: (request, leaseMs) => admit(db, request, { leaseMs }),
    extend: (request, more, leaseMs) => extendReservation(db, request, more, { leaseMs }),
    renew: (gatewayId, used, leaseMs) => renewReservations(db, gatewayId, used, { leaseMs }),
    release: () => releaseReservations(db),
    claim: (request, gatewayId, times) => claimIdempotencyKey(db, request, gatewayId, times),
    endIdempotent: (request, gatewayId, answer) => endIdempotentRequest(db, request, gatewayId, answer),
    renewClaims: (gatewayId, leaseMs) => renewIdempotencyKeys(db, gatewayId, leaseMs),
    removeExpiredClaims: () => removeExpiredIdempotencyKeys(db),
    usageBuckets: (tenantId, query) => usageBuckets(db, tenantId, query),
    billingCurrency: () => billingCurrency(db),
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
