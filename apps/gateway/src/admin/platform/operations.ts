import { listProcesses, usageByTenant } from '@foretoken/db'
import { processListSchema, selfSchema, tenantUsageListSchema, usageQuerySchema } from '@foretoken/protocol/admin'
import { pageOf } from '../../endpoints/list.ts'
import { periodOf } from '../../endpoints/period.ts'
import { adminOperation } from '../caller.ts'
import { permissionsOf } from '../permissions.ts'

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

type Usage = Awaited<ReturnType<typeof usageByTenant>>[number]

function usageObject({ tenantId, name, requests, promptTokens, cachedTokens, completionTokens }: Usage) {
  const tokens = { prompt_tokens: promptTokens, cached_tokens: cachedTokens, completion_tokens: completionTokens }
  return { object: 'tenant_usage' as const, tenant: tenantId, name, requests, ...tokens }
}
