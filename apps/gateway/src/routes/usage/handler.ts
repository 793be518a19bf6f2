import { formatAmount } from '@foretoken/metering'
import {
  COSTS_PAGES,
  type CostsPage,
  type PageQuery,
  parsePageQuery,
  USAGE_PAGES,
  type UsagePage,
} from '@foretoken/protocol'
import type { Handler } from 'hono'
import type { AuthenticatedEnv, Services } from '../../services.ts'
import type { Store, UsageBucket } from '../../store.ts'
import { pageEndMs, toPage } from './pages.ts'

/** GET /v1/organization/usage/completions: what the key's tenant used. A tenant is a project in OpenAI's words. */
export function usage({ store }: Pick<Services, 'store'>): Handler<AuthenticatedEnv> {
  return async (ctx) => {
    const query = parsePageQuery(new URL(ctx.req.url).searchParams, USAGE_PAGES, Date.now())
    const { tenantId } = ctx.var.key
    const rows = await bucketsOf(store, tenantId, query, query.groupBy)
    const project = query.groupBy.includes('project_id') ? tenantId : null
    return ctx.json<UsagePage>(toPage(query, rows, (of) => of.map((row) => usageResult(row, project))))
  }
}

/** GET /v1/organization/costs: what that costs, by day. */
export function costs({ store }: Pick<Services, 'store'>): Handler<AuthenticatedEnv> {
  return async (ctx) => {
    const query = parsePageQuery(new URL(ctx.req.url).searchParams, COSTS_PAGES, Date.now())
    const { tenantId } = ctx.var.key
    const byItem = query.groupBy.includes('line_item')
    const rows = await bucketsOf(store, tenantId, query, byItem ? [...query.groupBy, 'model'] : query.groupBy)
    const currency = ((await store.billingCurrency()) ?? 'USD').toLowerCase()
    const project = query.groupBy.includes('project_id') ? tenantId : null
    const resultsOf = (of: readonly UsageBucket[]) =>
      of.flatMap((row) => itemsOf(row, byItem).map((item) => costsResult(item, { row, currency, project })))
    return ctx.json<CostsPage>(toPage(query, rows, resultsOf))
  }
}

function bucketsOf(
  store: Pick<Store, 'usageBuckets'>,
  tenantId: string,
  query: PageQuery<string>,
  groupBy: readonly string[],
) {
  const { startMs, bucketMs, keyIds, models } = query
  return store.usageBuckets(tenantId, {
    from: new Date(startMs),
    to: new Date(pageEndMs(query)),
    bucketMs,
    groupBy: [
      ...(groupBy.includes('api_key_id') ? (['key'] as const) : []),
      ...(groupBy.includes('model') ? (['model'] as const) : []),
      ...(groupBy.includes('arm') ? (['arm'] as const) : []),
    ],
    ...(keyIds && { keyIds }),
    ...(models && { models }),
  })
}

function usageResult(row: UsageBucket, project: string | null): UsagePage['data'][number]['results'][number] {
  return {
    object: 'organization.usage.completions.result',
    input_tokens: row.inputTokens + row.cachedTokens,
    input_cached_tokens: row.cachedTokens,
    output_tokens: row.outputTokens,
    num_model_requests: row.requests,
    project_id: project,
    user_id: null,
    api_key_id: row.keyId,
    model: row.model,
    batch: null,
    arm: row.arm,
  }
}

interface Item {
  readonly name: string | null
  readonly nano: bigint
}

function itemsOf(row: UsageBucket, byItem: boolean): Item[] {
  const { inputNano, cachedNano, outputNano, model } = row
  if (!byItem) return [{ name: null, nano: inputNano + cachedNano + outputNano }]
  return [
    { name: `${model}, input`, nano: inputNano },
    { name: `${model}, cached input`, nano: cachedNano },
    { name: `${model}, output`, nano: outputNano },
  ].filter(({ nano }) => nano !== 0n)
}

function costsResult(
  { name, nano }: Item,
  { row, currency, project }: { row: UsageBucket; currency: string; project: string | null },
): CostsPage['data'][number]['results'][number] {
  const decimal = formatAmount(nano)
  return {
    object: 'organization.costs.result',
    amount: { value: Number(decimal), currency, decimal },
    line_item: name,
    project_id: project,
    api_key_id: row.keyId,
  }
}
