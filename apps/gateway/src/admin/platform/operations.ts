import { listProcesses, usageByTenant } from '@foretoken/db'
import { ApiError } from '@foretoken/protocol'
import { processListSchema, selfSchema, tenantUsageListSchema, usageQuerySchema } from '@foretoken/protocol/admin'
import { pageOf } from '../../endpoints/list.ts'
import { adminOperation } from '../caller.ts'
import { permissionsOf } from '../permissions.ts'

const PERIOD_MS = 30 * 24 * 3_600_000

export const platformOperations = [
  adminOperation({
    method: 'get',
    path: '/self',
    name: 'getSelf',
    summary: 'Whose credential this is, and what it may do',
    access: 'anyone',
    answer: selfSchema,
    run: async ({ caller: { admin } }) => ({
      object: 'self' as const,
      ...admin,
      permissions: permissionsOf(admin.role),
    }),
  }),
  adminOperation({
    method: 'get',
    path: '/processes',
    name: 'listProcesses',
    summary: 'Gateways, workers, trainers and schedulers that are there now',
    access: 'platform:read',
    answer: processListSchema,
    run: async ({ caller: { db } }) => {
      const processes = (await listProcesses(db)).map(({ startedAt, seenAt, leaseUntil: _, ...process }) => ({
        ...{ object: 'process' as const, ...process },
        ...{ started_at: startedAt.toISOString(), seen_at: seenAt.toISOString() },
      }))
      return pageOf(processes, processes.length, ({ id }) => id)
    },
  }),
  adminOperation({
    method: 'get',
    path: '/usage',
    name: 'listUsage',
    summary: 'Requests and tokens of each tenant in a period, of requests that ended in it',
    access: 'usage:read',
    query: usageQuerySchema,
    answer: tenantUsageListSchema,
    run: async ({ caller: { db }, query: { limit, after, ...period } }) => {
      const { from, to } = periodOf(period, Date.now())
      const usage = (await usageByTenant(db, { from, to, after, tenantsMax: limit + 1 })).map(usageObject)
      const page = pageOf(usage, limit, ({ tenant }) => tenant)
      return { ...page, from: from.toISOString(), to: to.toISOString() }
    },
  }),
] as const

/** The period that is meant: the last 30 days where nothing is said. @throws ApiError where it ends before it begins */
export function periodOf(asked: { from?: string | undefined; to?: string | undefined }, nowMs: number) {
  const to = new Date(asked.to ?? nowMs)
  const from = new Date(asked.from ?? to.getTime() - PERIOD_MS)
  if (from < to) return { from, to }
  throw new ApiError('invalid_value', { values: { name: 'from', reason: "it must lie before 'to'." }, param: 'from' })
}

type Usage = Awaited<ReturnType<typeof usageByTenant>>[number]

function usageObject({ tenantId, name, requests, promptTokens, cachedTokens, completionTokens }: Usage) {
  const tokens = { prompt_tokens: promptTokens, cached_tokens: cachedTokens, completion_tokens: completionTokens }
  return { object: 'tenant_usage' as const, tenant: tenantId, name, requests, ...tokens }
}
