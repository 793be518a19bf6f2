import { setTimeout as sleep } from 'node:timers/promises'
import { findTrainingRun, listDraftVersions, orderTrainingRun, type TrainingRun } from '@foretoken/db'
import { wakeTrainers } from '../draft/run.ts'
import { requireServedTarget } from '../model/served.ts'
import { complete } from './completion.ts'
import { type Learning, lessonOf, type Taught } from './learning.ts'
import type { Stage } from './stage.ts'
import type { DemoTenant } from './tenants.ts'

const POLL_MS = 250

/**
 * Has a tenant's draft taught as `foretoken draft adapt` does, and follows it from the order to the first request that
 * it drafts for. The platform does all of it; nothing here trains, judges or promotes.
 */
export async function teach(stage: Stage, tenant: DemoTenant): Promise<void> {
  const tell = (learning: Learning) => stage.story.learned(tenant.name, learning)
  const { id: targetId } = await requireServedTarget(stage.db, stage.model)
  const { run: ordered } = await orderTrainingRun(stage.db, { tenantId: tenant.id, targetId }, 'ordered')
  await wakeTrainers({ queueUrl: stage.databaseUrl })
  const run = await follow(stage, ordered, tell)
  const taught = await taughtBy(stage, tenant, run)
  if (!taught) {
    const outcome = run.state === 'rejected' || run.state === 'skipped' ? run.state : 'failed'
    return tell({ stage: 'kept', outcome, ...lessonOf(run) })
  }
  tell({ stage: 'promoted', ...taught })
  tell(await takenOver(stage, tenant, taught, run.finishedAt?.getTime() ?? Date.now()))
}

async function follow({ db, signal }: Stage, ordered: TrainingRun, tell: (learning: Learning) => void) {
  let run = ordered
  while (run.finishedAt === null) {
    const { state, phase, progress } = run
    tell(state === 'running' ? { stage: 'training', phase, progress } : { stage: 'queued' })
    await sleep(POLL_MS, undefined, { signal })
    const found = await findTrainingRun(db, run.id)
    if (!found) throw new Error(`the training run ${run.id} is gone`)
    run = found
  }
  return run
}

/** Null for a run that promoted nothing. */
async function taughtBy({ db }: Stage, tenant: DemoTenant, run: TrainingRun): Promise<Taught | null> {
  if (run.state !== 'promoted' || run.draftId === null) return null
  const versions = await listDraftVersions(db, tenant.id)
  const { version } = versions.find(({ id }) => id === run.draftId) ?? { version: 0 }
  return { draftId: run.draftId, version, ...lessonOf(run) }
}

/** Asks what the tenant would ask anyway until the worker has swapped the new draft in. */
async function takenOver(stage: Stage, tenant: DemoTenant, taught: Taught, promotedMs: number): Promise<Learning> {
  const { url, model, settings, signal } = stage
  const { apiKey, temperature, prompts } = tenant
  while (Date.now() - promotedMs < SWAP_MS_MAX) {
    const prompt = prompts.next().value
    const own = { apiKey, temperature, seed: 1, arm: 'adaptive', lookahead: 4 } as const
    const call = { url, model, prompt, ...own, tokensMax: settings.answerTokens, signal }
    const { speculation } = await complete(call, () => undefined)
    if (speculation.draft_version === taught.draftId) {
      return { stage: 'live', ...taught, swapSeconds: (Date.now() - promotedMs) / 1_000 }
    }
    const withdrawn = await withdrawnReason(stage, tenant, taught)
    if (withdrawn !== null) return { stage: 'withdrawn', ...taught, reason: withdrawn }
    await sleep(SWAP_POLL_MS, undefined, { signal })
  }
  return { stage: 'withdrawn', ...taught, reason: 'no worker drafted with it within a minute.' }
}

const SWAP_MS_MAX = 60_000
const SWAP_POLL_MS = 500

/** Why a draft that was promoted no longer serves its tenant; null while it does. */
export async function withdrawnReason({ db }: Stage, tenant: DemoTenant, taught: Taught): Promise<string | null> {
  const versions = await listDraftVersions(db, tenant.id)
  const version = versions.find(({ id }) => id === taught.draftId)
  return version?.state === 'live' ? null : (version?.reason ?? 'another version took its place.')
}
