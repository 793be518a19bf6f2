import {
  beatJudgement,
  type Database,
  finishJudgement,
  type Judgement,
  liveDraftVersion,
  rejectDraft,
  releaseJudgement,
  type ServedTarget,
  STATIC_RIVAL,
  type Witness,
} from '@foretoken/db'
import type { JudgedRequest, JudgeRequest, JudgeResult } from '@foretoken/learning'
import type { ObjectStore } from '@foretoken/storage'
import type { Logger } from '@foretoken/telemetry'
import { Heartbeat, LeaseLost } from '../run/heartbeat.ts'

/** `judgeDraft` with the model and its static draft at hand. */
export type Judge = (request: Omit<JudgeRequest, 'model' | 'staticDraft'>) => Promise<JudgeResult>

export interface JudgementContext {
  readonly db: Database
  readonly store: ObjectStore
  readonly target: ServedTarget
  readonly judge: Judge
  readonly logger: Logger
  readonly tokensMax: number
  readonly beatMs: number
  readonly trainer: string
  /** One that ended so many trainers is given up, and the draft with it. */
  readonly attemptsMax: number
}

/**
 * Has a shadow judged, and writes down what each request says; the scheduler decides. Throws where the order is to be
 * taken up again: told to stop, the lease lost, or something away or broken, which its lease then paces.
 */
export async function executeJudgement(
  context: JudgementContext,
  judgement: Judgement,
  stop: AbortSignal,
): Promise<void> {
  const { db, logger, beatMs, trainer, attemptsMax } = context
  const { draft, tenantId, attempts } = judgement
  if (attempts > attemptsMax) return reject(context, judgement, `It could not be judged in ${attemptsMax} attempts.`)
  const lease = { draftId: draft.id, trainer, attempt: attempts }
  const heartbeat = new Heartbeat(() => beatJudgement(db, lease), logger, beatMs)
  try {
    const result = await resultOf(context, judgement, AbortSignal.any([stop, heartbeat.signal]))
    if (!result.ok) return await reject(context, judgement, `It could not be judged. ${result.reason}`)
    const witnesses = result.judged.map(witnessOf)
    if (!(await finishJudgement(db, lease, { witnesses, judgedUntil: result.judgedUntil }))) {
      throw new LeaseLost('the judgement was no longer ours when it ended')
    }
    logger.info({ tenantId, version: draft.id, witnesses: witnesses.length }, 'shadow judged')
  } catch (error) {
    if (stop.aborted) await releaseJudgement(db, lease)
    heartbeat.signal.throwIfAborted()
    throw error
  } finally {
    await heartbeat.stop()
  }
}

async function resultOf(context: JudgementContext, judgement: Judgement, signal: AbortSignal) {
  const { db, store, judge, target, tokensMax } = context
  const { draft, tenantId, judgedUntil } = judgement
  const live = await liveDraftVersion(db, { tenantId, targetId: target.id })
  const result = await judge({
    ...{ store, judgedUntil, tokensMax, signal },
    tenant: tenantId,
    target: target.fingerprint,
    form: target.form,
    candidate: storedOf(draft),
    current: live && storedOf(live),
  })
  signal.throwIfAborted()
  return result
}

function storedOf({ id, contentHash, artifactUri }: Judgement['draft']) {
  return { id, contentHash, key: artifactUri }
}

async function reject({ db, logger }: JudgementContext, { draft, tenantId }: Judgement, reason: string): Promise<void> {
  const { changed } = await rejectDraft(db, tenantId, draft.id, reason)
  if (changed) logger.warn({ tenantId, version: draft.id, reason }, 'shadow rejected')
}

function witnessOf({ request, rival, byRival, byCandidate }: JudgedRequest): Witness {
  return {
    ...{ request, rival: rival ?? STATIC_RIVAL },
    ...{ rivalTokens: byRival.tokens, rivalMs: byRival.ms },
    ...{ candidateTokens: byCandidate.tokens, candidateMs: byCandidate.ms },
  }
}
