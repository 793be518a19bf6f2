import {
  type AcceptanceInTime,
  acceptanceByVersion,
  acceptanceInTime,
  changeTenant,
  forgetTenant,
  listDraftVersions,
  type Tenant,
  usageTotals,
} from '@foretoken/db'
import { ApiError } from '@foretoken/protocol'
import { deletionSchema, draftListSchema } from '@foretoken/protocol/admin'
import {
  acceptanceInTimeSchema,
  acceptanceQuerySchema,
  learningSchema,
  type OwnTenantObject,
  ownTenantSchema,
  ownUsageSchema,
  periodQuerySchema,
} from '@foretoken/protocol/self'
import { acceptanceObject, draftObjects } from '../endpoints/drafts.ts'
import { pageOf, timeOrNull } from '../endpoints/list.ts'
import { periodOf } from '../endpoints/period.ts'
import { allTargets, type Targets, targetObject } from '../endpoints/targets.ts'
import { deletionObject, found, requireTenant } from '../endpoints/tenants.ts'
import { selfOperation } from './caller.ts'

export const SELF_PREFIX = '/v1/foretoken'

const WIDTH_SECONDS = { '1h': 3_600, '1d': 86_400 } as const
const BUCKETS_MAX = 1_000

export const SELF_OPERATIONS = [
  selfOperation({
    method: 'get',
    path: '/tenant',
    name: 'getOwnTenant',
    summary: 'What is settled about the tenant whose key this is',
    access: 'usage:read',
    answer: ownTenantSchema,
    run: async ({ caller: { db, key } }) => ownTenantObject(await requireTenant(db, key.tenantId)),
  }),
  selfOperation({
    method: 'get',
    path: '/usage',
    name: 'getOwnUsage',
    summary: 'Requests that ended in a period, and their tokens',
    access: 'usage:read',
    query: periodQuerySchema,
    answer: ownUsageSchema,
    run: async ({ caller: { db, key }, query }) => {
      const period = periodOf(query, Date.now())
      const { requests, ...tokens } = await usageTotals(db, key.tenantId, period)
      const { promptTokens: prompt_tokens, cachedTokens: cached_tokens, completionTokens: completion_tokens } = tokens
      const counts = { requests, prompt_tokens, cached_tokens, completion_tokens }
      return { object: 'usage' as const, from: period.from.toISOString(), to: period.to.toISOString(), ...counts }
    },
  }),
  selfOperation({
    method: 'get',
    path: '/acceptance',
    name: 'getOwnAcceptance',
    summary: 'How well each arm, and each version of the draft, drafted over time',
    access: 'usage:read',
    query: acceptanceQuerySchema,
    answer: acceptanceInTimeSchema,
    run: async ({ caller: { db, key }, query: { bucket_width, ...asked } }) => {
      const { from, to } = periodOf(asked, Date.now())
      const widthSeconds = WIDTH_SECONDS[bucket_width]
      if ((to.getTime() - from.getTime()) / 1_000 / widthSeconds > BUCKETS_MAX) {
        const reason = `the period has more than ${BUCKETS_MAX} buckets of this width.`
        throw new ApiError('invalid_value', { values: { name: 'bucket_width', reason }, param: 'bucket_width' })
      }
      const rows = await acceptanceInTime(db, key.tenantId, { from, to, widthSeconds })
      const data = bucketsOf(rows, await allTargets(db))
      const period = { from: from.toISOString(), to: to.toISOString() }
      return { object: 'acceptance' as const, ...period, bucket_width, data }
    },
  }),
  selfOperation({
    method: 'get',
    path: '/drafts',
    name: 'listOwnDrafts',
    summary: 'Versions of the draft that was taught by this traffic, newest first, each with how well it drafted',
    access: 'usage:read',
    answer: draftListSchema,
    run: async ({ caller: { db, key } }) => {
      const [versions, arms, targets] = await Promise.all([
        listDraftVersions(db, key.tenantId),
        acceptanceByVersion(db, key.tenantId),
        allTargets(db),
      ])
      const drafts = draftObjects(versions, arms, targets)
      return pageOf(drafts, drafts.length, ({ id }) => id)
    },
  }),
  selfOperation({
    method: 'patch',
    path: '/tenant',
    name: 'changeOwnLearning',
    summary: 'Opt out of learning, or in again: out, traces are deleted and none are kept, and the draft stays in use',
    access: 'speculator:manage',
    body: learningSchema,
    answer: ownTenantSchema,
    run: async ({ caller: { db, key }, body }) => ownTenantObject(found(await changeTenant(db, key.tenantId, body))),
  }),
  selfOperation({
    method: 'delete',
    path: '/learned',
    name: 'forgetOwnLearned',
    summary: 'Delete all that was learned from this traffic: drafts, traces, cached prefixes',
    access: 'speculator:manage',
    answer: deletionSchema,
    run: async ({ caller: { db, key } }) => deletionObject(key.tenantId, found(await forgetTenant(db, key.tenantId))),
  }),
]

function ownTenantObject({ id, name, plan, learning, forgottenAt }: Tenant): OwnTenantObject {
  return { object: 'tenant', id, name, plan, learning, forgotten_at: timeOrNull(forgottenAt) }
}

function bucketsOf(rows: readonly AcceptanceInTime[], targets: Targets) {
  const buckets = new Map<string, ReturnType<typeof armObject>[]>()
  for (const row of rows) {
    const start = row.bucket.toISOString()
    buckets.set(start, [...(buckets.get(start) ?? []), armObject(row, targets)])
  }
  return [...buckets].map(([start, arms]) => ({ start, arms }))
}

function armObject(row: AcceptanceInTime, targets: Targets) {
  return {
    ...{
      target: targetObject(targets, row.targetId),
      arm: row.arm,
      draft_version: row.draftVersion,
      ...acceptanceObject(row),
    },
    ...{ committed_tokens: row.committed, draft_tokens: row.proposed, accepted_tokens: row.accepted },
  }
}
