import {
  type ArmAcceptance,
  acceptanceByVersion,
  type Database,
  decisionsOf,
  findTargets,
  latestTrainingRuns,
  listDraftVersions,
  listTenants,
  type ServedTarget,
  servedTargets,
  type Tenant,
  type TracesSeen,
  tracesSeen,
} from '@foretoken/db'
import { listSegments, mayBeOf } from '@foretoken/learning'
import type { ObjectStore } from '@foretoken/storage'
import { requireServedTarget } from '../model/served.ts'
import type { LearningCommandOptions } from '../options.ts'
import { print, printJson } from '../output.ts'
import { choice, withDatabase } from '../platform/connect.ts'
import { requireTenant } from '../tenant/lookup.ts'
import { explain } from './explain.ts'
import { renderStatus } from './render.ts'
import type { ArmStatus, TenantStatus } from './tenant-status.ts'
import { trialOf } from './trial.ts'

const RUNS_SHOWN = 5
const DECISIONS_READ = 20

interface StatusOptions extends LearningCommandOptions {
  readonly tenant?: string
  readonly model?: string
}

/** `foretoken draft status`: a tenant on each model that is served, or on one of them. */
export async function status({ tenant: wanted, model, ...options }: StatusOptions) {
  await withDatabase(choice(options), async ({ db, store }) => {
    const tenants = wanted === undefined ? await listTenants(db) : [await requireTenant(db, wanted)]
    const served = model === undefined ? await servedTargets(db) : [await requireServedTarget(db, model)]
    const seen = await tracesSeen(db)
    const objects = await store()
    const statuses: TenantStatus[] = []
    for (const target of served.length > 0 ? served : [null]) {
      const model = target && { target, weights: await findTargets(db, { name: target.name }) }
      for (const tenant of tenants) statuses.push(await statusOf({ db, store: objects, seen }, tenant, model))
    }
    if (options.json) printJson(statuses)
    else print(renderStatus(statuses, wanted !== undefined))
  })
}

interface Sources {
  readonly db: Database
  readonly store: ObjectStore
  readonly seen: readonly TracesSeen[]
}

/** A model as the weights that it has, and those that it had. */
interface Model {
  readonly target: ServedTarget
  readonly weights: readonly ServedTarget[]
}

/** Without a model: of a platform that has not served any yet. */
async function statusOf({ db, store, seen }: Sources, tenant: Tenant, model: Model | null): Promise<TenantStatus> {
  const targetId = model?.target.id ?? null
  const isSeen = (each: TracesSeen) => each.tenantId === tenant.id && each.targetId === targetId
  const [all, acceptance, runs, decisions, newTokens] = await Promise.all([
    listDraftVersions(db, tenant.id),
    acceptanceByVersion(db, tenant.id),
    latestTrainingRuns(db, tenant.id, RUNS_SHOWN, model?.target.id),
    decisionsOf(db, tenant.id, DECISIONS_READ, model?.target.id),
    newTokensOf(store, tenant.id, model, seen.find(isSeen)?.until),
  ])
  const arms = acceptance.map(withRates)
  const fingerprints = new Map(model?.weights.map(({ id, fingerprint }) => [id, fingerprint]))
  const versions = all.filter((version) => version.targetId === null || fingerprints.has(version.targetId))
  const mine = versions.filter((version) => version.targetId === targetId)
  const live = mine.find(({ state }) => state === 'live') ?? null
  const trial = trialOf(mine, decisions)
  const decision = decisions.find(({ topic, changes }) => topic === 'training' && !changes)?.reason ?? null
  return {
    tenant: { id: tenant.id, name: tenant.name, status: tenant.status },
    target: model && { name: model.target.name, fingerprint: model.target.fingerprint },
    learning: tenant.learning,
    rollouts: tenant.rollouts,
    newTokens,
    why: explain({ tenant, live, trial, newTokens, decision, run: runs[0] ?? null }),
    live: live && { id: live.id, version: live.version },
    trial,
    versions: versions.map((version) => ({
      ...version,
      fingerprint: fingerprints.get(version.targetId ?? '') ?? null,
      acceptance: arms.find(({ draftVersion }) => draftVersion === version.id) ?? null,
    })),
    arms: arms.filter((arm) => arm.targetId === targetId || arm.targetId === null),
    runs,
  }
}

async function newTokensOf(store: ObjectStore, tenant: string, model: Model | null, seenUntil: string | undefined) {
  let sum = 0
  for await (const segment of listSegments(store, tenant)) {
    const isMine = model === null || mayBeOf(model.target.fingerprint, segment)
    if (isMine && (seenUntil === undefined || segment.key > seenUntil)) sum += segment.tokens
  }
  return sum
}

function withRates(arm: ArmAcceptance): ArmStatus {
  return {
    ...arm,
    acceptanceLength: arm.steps > 0 ? arm.committed / arm.steps : null,
    acceptanceRate: arm.proposed > 0 ? arm.accepted / arm.proposed : null,
  }
}
