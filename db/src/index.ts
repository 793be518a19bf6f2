/**
 * The one relational database: who may call (tenants, keys), what they used (requests), may use (accounts) and are
 * billed (prices, ledger), how well drafts did (acceptance), which draft serves whom (draft versions) and how it came to
 * be (training runs).
 *
 * Core idea: every question the platform asks has a named function in `queries/` or `keys/`; nobody else writes SQL.
 * A function that touches a tenant's rows takes the tenant's id and puts it in the WHERE clause, so another tenant's
 * row is indistinguishable from a missing one.
 *
 * Invariants
 * - Who changes a tenant, a key or a draft is on record: `audited` writes change and audit row in one transaction, on
 *   behalf of the database's `actor`. The log can only be added to, and a hash chain shows what was done to it anyway.
 * - A key's secret is never stored; a malformed key never reaches the database.
 * - Usage is one row per request, final counters, idempotent on the request's id: retries bill nothing twice.
 * - Its bill is posted in the same transaction, to a ledger that only grows: see `queries/settle.ts`.
 * - What requests were granted of a budget never adds up to more than there is: see `queries/admission.ts`.
 * - What is learned belongs to a tenant and a target: a name and the fingerprint of what is behind it. A draft whose
 *   target is not known serves nobody.
 * - A lineage of drafts (a tenant's, for one target) has at most one live version, and a rejected one never comes back:
 *   see `drafts/lineage.ts`.
 * - A lineage has at most one version on trial; what its witnesses said goes when it is decided, in the same transaction.
 * - A training run belongs to one trainer at a time, and so does a judgement; who lost its lease can write nothing of it.
 * - Customers' text is in two tables only, the responses that they asked to store and the answers to requests that they
 *   named, and goes with its tenant.
 * - What a tenant's keys resolve to is notified with the commit that changes it, by triggers: see `TENANTS_CHANNEL`.
 * - Parameter values never leave in an error: see `DatabaseError`.
 *
 * Rows of before targets were told apart have none. Figures (runs, acceptance, decisions) are inherited by the first
 * target of the name that tenants had asked for; drafts wait until a worker has read from their files that they are its
 * target's.
 *
 * On failure every function throws `DatabaseError`, whose `retryable` says whether the same call may succeed later.
 * An expected "no" (unknown key, name taken) is a value.
 *
 * Concurrency: any number of processes; `migrate` serialises itself by an advisory lock, `recordAcceptance` adds in
 * one statement with a fixed lock order.
 */
export { ADMIN_ROLES, type AdminRole } from './admin-roles.ts'
export { type Actor, SYSTEM } from './audit/actor.ts'
export { type AuditEntry, audited } from './audit/audited.ts'
export { canonicalJson } from './audit/canonical.ts'
export { type AuditRecord, type ChainHead, GENESIS, hashOf, type Verification, verifyChain } from './audit/chain.ts'
export { type AuditQuery, auditRecords, listAudit, verifyAudit } from './audit/log.ts'
export { actingAs, type Database, openDatabase } from './database.ts'
export { DatabaseError } from './errors.ts'
export { ID_PREFIXES, type IdKind, newId } from './ids.ts'
export { KEY_SCOPES, type KeyScope } from './key-scopes.ts'
export {
  type Admin,
  type AdminKey,
  authenticateAdmin,
  createAdminKey,
  listAdminKeys,
  revokeAdminKey,
} from './keys/admin-keys.ts'
export {
  type AuthenticatedKey,
  authenticate,
  type Bounds,
  type LiveAdapter,
  TENANTS_CHANNEL,
} from './keys/authenticate.ts'
export { API_KEY_PREFIX, generateSecret, isWellFormed } from './keys/format.ts'
export {
  type ApiKey,
  type ApiKeyOptions,
  createApiKey,
  listApiKeys,
  type NewApiKey,
  type Rotation,
  revokeApiKey,
  rotateApiKey,
} from './keys/keys.ts'
export { type Listening, type ListenOptions, listen } from './listen.ts'
export { migrate } from './migrate.ts'
export {
  type AcceptanceBatch,
  type AcceptanceEntry,
  type AcceptanceInTime,
  type AcceptanceRecord,
  acceptanceInTime,
  acceptanceOf,
  type CanaryWitness,
  condenseAcceptance,
  recordAcceptance,
} from './queries/acceptance.ts'
export {
  type AccountState,
  type Admission,
  type AdmissionRequest,
  admit,
  type Denial,
  extendReservation,
  releaseReservations,
  renewReservations,
} from './queries/admission.ts'
export { type BillLine, billLines, type LineKind, type PeriodBounds, periodBounds } from './queries/bill-lines.ts'
export { decisionsOf, type NewDecision, recordDecisions, type StoredDecision } from './queries/decisions.ts'
export { adoptDraft, draftOfEarlierWeights, draftsWithoutTarget, retireDraftsAway } from './queries/draft-targets.ts'
export {
  type ArmAcceptance,
  acceptanceByVersion,
  type DraftVersion,
  type Lineage,
  listDraftVersions,
  liveDraftVersion,
  storedDraftKeys,
} from './queries/drafts.ts'
export { deleteTenant, type Forgotten, forgetTenant } from './queries/forget.ts'
export {
  type Claim,
  claimIdempotencyKey,
  endIdempotentRequest,
  type IdempotentRequest,
  removeExpiredIdempotencyKeys,
  renewIdempotencyKeys,
  type StoredAnswer,
} from './queries/idempotency.ts'
export { checkBooks, type Violation } from './queries/invariants.ts'
export {
  beatJudgement,
  claimJudgement,
  finishJudgement,
  type Judgement,
  type JudgementLease,
  orderJudgements,
  releaseJudgement,
} from './queries/judgements.ts'
export { holdLease, releaseLease } from './queries/leases.ts'
export { type Account, type AccountOwner, type Limits, listLimits, setLimits } from './queries/limits.ts'
export { GATEWAY_LOST, journalOpenRequests, type OpenRequest, settleLostRequests } from './queries/open-requests.ts'
export {
  type ClosedPeriod,
  type CloseRefused,
  closePeriod,
  firstBilledAt,
  lastClosedPeriod,
  listClosedPeriods,
} from './queries/periods.ts'
export {
  addPrice,
  listPrices,
  type NewPrice,
  type PriceRefused,
  type PriceStart,
  type PriceVersion,
} from './queries/prices.ts'
export {
  announceProcess,
  listProcesses,
  PROCESSES_CHANNEL,
  type Process,
  type ProcessAnnouncement,
  removeExpiredProcesses,
  removeProcess,
} from './queries/processes.ts'
export {
  createCandidate,
  type NewDraftVersion,
  promoteDraft,
  type Rejected,
  rejectDraft,
  rollBackDraft,
} from './queries/promotion.ts'
export { rolloutsDue } from './queries/rollouts.ts'
export {
  type LiveVersion,
  liveVersions,
  runsSince,
  type StepsOfArm,
  stepsBetween,
  type Traffic,
  trafficBetween,
} from './queries/scheduler-facts.ts'
export {
  deleteResponse,
  findResponse,
  type ResponseChain,
  removeExpiredResponses,
  responseChain,
  type StoredResponse,
  type StoredResponseLimits,
  saveResponse,
} from './queries/stored-responses.ts'
export {
  findTarget,
  findTargets,
  type NewTarget,
  registerTarget,
  type ServedTarget,
  servedTargets,
  TARGET_AWAY_MS,
} from './queries/targets.ts'
export {
  changeTenant,
  createTenant,
  disableTenant,
  findTenant,
  findTenantByName,
  listTenants,
  searchTenants,
  setHeld,
  setLearning,
  setPlan,
  setRollouts,
  setWeight,
  type Tenant,
  type TenantChanges,
  type TenantQuery,
} from './queries/tenants.ts'
export {
  beatTrainingRun,
  type ClaimOptions,
  claimTrainingRun,
  finishTrainingRun,
  type Publication,
  releaseTrainingRun,
  type TrainingLease,
  type TrainingResult,
} from './queries/training-leases.ts'
export {
  cancelRunsAway,
  findTrainingRun,
  latestTrainingRuns,
  orderTrainingRun,
  type TracesSeen,
  type TrainingRun,
  tracesSeen,
} from './queries/training-runs.ts'
export {
  advanceDraft,
  dismissDraft,
  endTrial,
  type TakenBack,
  type TrialVerdict,
  takeBackDraft,
  tryDraft,
} from './queries/trial-stages.ts'
export { type OpenTrial, openTrials, trialWitnessesOf, type Witness } from './queries/trials.ts'
export { recordUsage, type SpeculationUsage, type UsageRecord, usageByTenant, usageTotals } from './queries/usage.ts'
export {
  type BucketQuery,
  billingCurrency,
  type UsageBucket,
  type UsageGroup,
  usageBuckets,
} from './queries/usage-buckets.ts'
export { TENANT_STATUSES, type TenantStatus } from './schema/tenants.ts'
export type { Figures } from './schema/training-runs.ts'
export { STATIC_RIVAL, type TrialStage } from './schema/trials.ts'
export { TENANT_WEIGHT } from './tenant-weight.ts'
