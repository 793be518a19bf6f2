import {
  beatTrainingRun,
  type Database,
  DatabaseError,
  type DraftVersion,
  draftOfEarlierWeights,
  findTenant,
  finishTrainingRun,
  listDraftVersions,
  newId,
  type Publication,
  type ServedTarget,
  type Tenant,
  type TrainingLease,
  type TrainingResult,
  type TrainingRun,
} from '@foretoken/db'
import {
  type AdaptRequest,
  type AdaptResult,
  deleteAdapter,
  newestSegment,
  type StoredAdapter,
  storeAdapter,
} from '@foretoken/learning'
import { type ObjectStore, StorageError } from '@foretoken/storage'
import type { Logger } from '@foretoken/telemetry'
import { Heartbeat, LeaseLost } from './heartbeat.ts'

/** `adaptTenant` with the model and its static draft at hand. */
export type Adapt = (request: Omit<AdaptRequest, 'model' | 'staticDraft'>) => Promise<AdaptResult>

export interface ExecuteContext {
  readonly db: Database
  readonly store: ObjectStore
  readonly target: ServedTarget
  readonly adapt: Adapt
  readonly logger: Logger
  readonly tokensMax: number
  readonly beatMs: number
  /** Where a draft goes that passed its gate. */
  readonly promotion: Publication['promotion']
}

const STATES = { better: 'promoted', 'not-better': 'rejected', 'too-little': 'skipped', failed: 'failed' } as const

/**
 * Does one claimed run to its end. Throws only where the run is to be taken up again: told to stop, the lease lost, or
 * the database or the store away. Everything else is a result, with its reason.
 */
export async function executeRun(context: ExecuteContext, run: TrainingRun, stop: AbortSignal): Promise<void> {
  const { db, logger, beatMs } = context
  const { tenantId } = run
  const lease = { runId: run.id, trainer: run.trainer ?? '', attempt: run.attempts }
  const heartbeat = new Heartbeat((progress) => beatTrainingRun(db, lease, progress), logger, beatMs)
  const signal = AbortSignal.any([stop, heartbeat.signal])
  const tracesUntil = await newestSegment(context.store, tenantId, context.target.fingerprint)
  try {
    const result = await resultOf(context, run, heartbeat, signal)
    await finish(context, tenantId, lease, { ...result, tracesUntil })
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof LeaseLost || isPassing(error)) throw error
    logger.error({ err: error, runId: run.id, tenantId }, 'training failed')
    const reason = `Training failed: ${error instanceof Error ? error.message : 'unknown'}`
    await finish(context, tenantId, lease, { ...NOTHING, state: 'failed', reason, tracesUntil })
  } finally {
    await heartbeat.stop()
  }
}

const NOTHING = { tokens: 0, tracesUntil: null, baseline: null, candidate: null, draft: null } as const

async function resultOf(
  context: ExecuteContext,
  { tenantId }: TrainingRun,
  heartbeat: Heartbeat,
  signal: AbortSignal,
): Promise<TrainingResult> {
  const { db, store, adapt, target, tokensMax } = context
  const tenant = await findTenant(db, tenantId)
  if (!tenant?.learning) {
    return { ...NOTHING, state: 'skipped', reason: 'The tenant is opted out of learning.' }
  }
  const versions = await listDraftVersions(db, tenantId)
  const mine = versions.filter(({ targetId }) => targetId === target.id)
  const live = mine.find(({ state }) => state === 'live')
  const earlier = mine.length === 0 ? await earlierDraft(context, tenant) : null
  const next = { id: newId('adapter'), version: (versions[0]?.version ?? 0) + 1 }
  const { outcome, artifact, figures, reason } = await adapt({
    store,
    tenant: tenantId,
    target: target.fingerprint,
    form: target.form,
    current: live ? storedAs(live) : null,
    earlier: earlier && storedAs(earlier),
    next,
    tokensMax,
    signal,
    onProgress: (progress) => heartbeat.report(progress),
  })
  signal.throwIfAborted()
  const ended = { state: STATES[outcome], reason, ...figures, tracesUntil: null }
  if (!artifact || (outcome !== 'better' && outcome !== 'not-better')) {
    if (outcome === 'better') throw new Error('the run found a better draft and brought none')
    return { ...ended, draft: null }
  }
  const { contentHash, key } = await storeAdapter(store, { tenant: tenantId, id: next.id }, artifact)
  const draft = { id: next.id, tenantId, targetId: target.id, contentHash, artifactUri: key }
  return { ...ended, draft: { ...draft, ...(earlier && { parentId: earlier.id }) } }
}

const storedAs = ({ id, contentHash, artifactUri }: DraftVersion): StoredAdapter => ({
  id,
  contentHash,
  key: artifactUri,
})

/** What a tenant whose drafts are carried along over weights had on the earlier ones. */
async function earlierDraft({ db, target }: ExecuteContext, { id, rollouts }: Tenant): Promise<DraftVersion | null> {
  return rollouts ? await draftOfEarlierWeights(db, id, target) : null
}

/** Files whose row could not be written belong to nobody: the tenant was forgotten, or another trainer has the run. */
async function finish(context: ExecuteContext, tenantId: string, lease: TrainingLease, result: TrainingResult) {
  const { db, store, logger, promotion, target } = context
  const { state, reason, tokens, draft } = result
  // Listed after the last one was read: none that comes later has taught it.
  const judgedUntil = draft ? await newestSegment(store, tenantId, target.fingerprint) : null
  if (await finishTrainingRun(db, tenantId, lease, result, { promotion, judgedUntil })) {
    logger.info({ runId: lease.runId, tenantId, state, tokens, version: draft?.id, reason }, 'training run ended')
    return
  }
  if (draft) await deleteAdapter(store, draft.artifactUri)
  throw new LeaseLost('the run was no longer ours when it ended')
}

/** The same attempt may succeed later. */
function isPassing(error: unknown): boolean {
  return (error instanceof DatabaseError || error instanceof StorageError) && error.retryable
}
