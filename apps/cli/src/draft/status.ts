import {
  type ArmAcceptance,
  acceptanceByVersion,
  type Database,
  decisionsOf,
  latestTrainingRuns,
  listDraftVersions,
  listTenants,
  type Tenant,
  tracesSeen,
} from '@foretoken/db'
import { listSegments } from '@foretoken/learning'
import type { ObjectStore } from '@foretoken/storage'
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

/** `foretoken draft status`. */
export async function status({ tenant: wanted, ...options }: LearningCommandOptions & { tenant?: string }) {
  await withDatabase(choice(options), async ({ db, store }) => {
    const tenants = wanted === undefined ? await listTenants(db) : [await requireTenant(db, wanted)]
    const seen = await tracesSeen(db)
    const objects = await store()
    const statuses: TenantStatus[] = []
    for (const tenant of tenants) statuses.push(await statusOf(db, objects, tenant, seen.get(tenant.id)))
    if (options.json) printJson(statuses)
    else print(renderStatus(statuses, wanted !== undefined))
  })
}

async function statusOf(
  db: Database,
  store: ObjectStore,
  tenant: Tenant,
  seenUntil: string | undefined,
): Promise<TenantStatus> {
  const [versions, acceptance, runs, decisions, newTokens] = await Promise.all([
    listDraftVersions(db, tenant.id),
    acceptanceByVersion(db, tenant.id),
    latestTrainingRuns(db, tenant.id, RUNS_SHOWN),
    decisionsOf(db, tenant.id, DECISIONS_READ),
    newTokensOf(store, tenant.id, seenUntil),
  ])
  const arms = acceptance.map(withRates)
  const live = versions.find(({ state }) => state === 'live') ?? null
  const trial = trialOf(versions, decisions)
  const decision = decisions.find(({ topic, changes }) => topic === 'training' && !changes)?.reason ?? null
  return {
    tenant: { id: tenant.id, name: tenant.name, status: tenant.status },
    learning: tenant.learning,
    newTokens,
    why: explain({ tenant, live, trial, newTokens, decision, run: runs[0] ?? null }),
    live: live && { id: live.id, version: live.version },
    trial,
    versions: versions.map((version) => {
      return { ...version, acceptance: arms.find(({ draftVersion }) => draftVersion === version.id) ?? null }
    }),
    arms,
    runs,
  }
}

async function newTokensOf(store: ObjectStore, tenant: string, seenUntil: string | undefined): Promise<number> {
  let sum = 0
  for await (const { key, tokens } of listSegments(store, tenant)) {
    if (seenUntil === undefined || key > seenUntil) sum += tokens
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
