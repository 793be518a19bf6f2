import { addPrice, createApiKey, createTenant, type Database, openDatabase, recordUsage } from '@foretoken/db'
import { temporaryDatabase } from '@foretoken/db/testing'
import { costsPageSchema, usagePageSchema } from '@foretoken/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgresStore } from '../../store.ts'
import { expectError } from '../../testing/errors.ts'
import { Harness } from '../../testing/harness.ts'

const USAGE = '/v1/organization/usage/completions'
const COSTS = '/v1/organization/costs'
const noon = Date.UTC(2027, 2, 1, 12)
const dayStart = Date.UTC(2027, 2, 1) / 1_000

let gateway: Harness
let db: Database
let drop: () => Promise<void>
let mine: { tenantId: string; keys: { id: string; secret: string }[] }
let foreign: typeof mine

async function owner(name: string) {
  const created = await createTenant(db, name)
  if (!created.ok) throw new Error('name taken')
  const tenantId = created.tenant.id
  const keys = await Promise.all(
    ['k', 'l'].map((key) => createApiKey(db, pepper, { tenantId, name: key, scopes: ['usage:read'] })),
  )
  return { tenantId, keys }
}
const pepper = Buffer.alloc(32, 1)
let made = 0

async function use(who: typeof mine, key: number, at: number, model = 'a', arm = 'suffix', changes = {}) {
  const finishedAt = new Date(at)
  const speculation = { steps: 5, draftTokens: 9, acceptedTokens: 5, acceptanceHistogram: [], lookaheadMax: 4 }
  const usage = {
    ...{ requestId: `req_${++made}`, tenantId: who.tenantId, keyId: who.keys[key]?.id ?? '', model },
    ...{ startedAt: finishedAt, finishedAt, promptTokens: 100, cachedTokens: 40, completionTokens: 10 },
    ...({ endpoint: 'completions', status: 'completed', errorCode: null, stream: false } as const),
    speculation: { ...speculation, armSteps: { [arm]: 4, none: 1 } },
    ...changes,
  }
  await recordUsage(db, [usage])
  return usage
}

beforeAll(async () => {
  const temporary = await temporaryDatabase()
  db = openDatabase(temporary.url)
  drop = temporary.drop
  const rates = {
    input: 1_000n,
    cachedInput: 100n,
    output: 50_000n,
    batchInput: 0n,
    batchCachedInput: 0n,
    batchOutput: 0n,
  }
  await addPrice(db, { ...rates, model: '*', currency: 'EUR', training: 0n }, { inMs: 0 })
  ;[mine, foreign] = [await owner('mine'), await owner('foreign')]
  gateway = await Harness.start({ store: postgresStore(db, pepper) })
  await use(mine, 0, noon)
  await use(mine, 1, noon + 60_000, 'b', 'adaptive')
  await use(mine, 0, noon + 86_400_000)
  await use(foreign, 0, noon)
  const lost = await use(mine, 0, noon + 1, 'a', 'suffix', {
    status: 'failed',
    errorCode: 'gateway_lost',
    completionTokens: 3,
  })
  await recordUsage(db, [{ ...lost, status: 'completed', errorCode: null, completionTokens: 10 }])
})
afterAll(async () => {
  await gateway.close()
  await db.close().then(drop)
})

const get = (path: string, who = mine) =>
  gateway.fetch(path, { headers: { authorization: `Bearer ${who.keys[0]?.secret}` } })
const usagePage = async (query: string) => usagePageSchema.parse(await (await get(`${USAGE}?${query}`)).json())
const costsPage = async (query: string) => costsPageSchema.parse(await (await get(`${COSTS}?${query}`)).json())
const until = (days: number) => `start_time=${dayStart + 60}&end_time=${dayStart + days * 86_400}`

describe('GET /v1/organization/usage/completions answers', () => {
  it("with the tenant's own bills as they stand, in buckets of whole days, empty ones too", async () => {
    const page = await usagePage(until(3))
    expect(page).toMatchObject({ object: 'page', has_more: false, next_page: null })
    expect(page.data.map(({ start_time: start, results }) => [start - dayStart, results.length])).toEqual([
      [0, 1],
      [86_400, 1],
      [172_800, 0],
    ])
    const counts = { input_tokens: 300, input_cached_tokens: 120, output_tokens: 30, num_model_requests: 3 }
    expect(page.data[0]?.results[0]).toMatchObject({ ...counts, api_key_id: null, model: null })
  })

  it('by key, model and arm', async () => {
    const { data } = await usagePage(`${until(1)}&group_by=api_key_id,model&group_by[]=arm&group_by=project_id`)
    expect(data[0]?.results).toMatchObject(
      [
        { api_key_id: mine.keys[0]?.id, model: 'a', arm: 'suffix', num_model_requests: 2 },
        { api_key_id: mine.keys[1]?.id, model: 'b', arm: 'adaptive', project_id: mine.tenantId },
      ].sort((a, b) => ((a.api_key_id ?? '') < (b.api_key_id ?? '') ? -1 : 1)),
    )
    const some = await usagePage(`${until(1)}&models=b&api_key_ids=${mine.keys[1]?.id}`)
    expect(some.data[0]?.results).toMatchObject([{ num_model_requests: 1 }])
    const none = await usagePage(`${until(1)}&api_key_ids=${foreign.keys[0]?.id}`)
    expect(none.data[0]?.results).toEqual([])
  })

  it('page by page', async () => {
    const whole = await usagePage(
      `start_time=${noon / 1_000}&end_time=${noon / 1_000 + 3_600}&bucket_width=1m&limit=60`,
    )
    const pages = []
    let next: string | null = `start_time=${noon / 1_000}`
    while (next !== null) {
      const page = await usagePage(`${next}&end_time=${noon / 1_000 + 3_600}&bucket_width=1m&limit=25`)
      pages.push(...page.data)
      next = page.next_page && `page=${page.next_page}`
    }
    expect(pages).toEqual(whole.data)
    expect(pages).toHaveLength(60)
  })

  it.each([
    ['', 400, 'missing_required_parameter', 'start_time'],
    ['start_time=x', 400, 'invalid_value', 'start_time'],
    ['start_time=1&limit=1000', 400, 'invalid_value', 'limit'],
    ['start_time=1&bucket_width=2d', 400, 'invalid_value', 'bucket_width'],
    ['start_time=1&group_by=user_id', 400, 'invalid_value', 'group_by'],
    ['start_time=5&end_time=0', 400, 'invalid_value', 'end_time'],
    ['page=x', 400, 'invalid_value', 'page'],
  ] as const)('%s with %i', async (query, status, code, param) => {
    await expectError(await get(`${USAGE}?${query}`), status, code, param)
  })
})

describe('GET /v1/organization/costs answers', () => {
  it('with what that costs, exactly, and by line item', async () => {
    const each = 60n * 1_000n + 40n * 100n + 10n * 50_000n
    const whole = await costsPage(until(1))
    const amount = { currency: 'eur', decimal: '0.001692', value: 0.001692 }
    expect(3n * each).toBe(1_692_000n)
    expect(whole.data[0]?.results).toMatchObject([{ amount, line_item: null, project_id: null }])
    const items = await costsPage(`${until(1)}&group_by=line_item`)
    expect(items.data[0]?.results.map(({ line_item: item, amount }) => [item, amount.decimal])).toEqual([
      ['a, input', '0.00012'],
      ['a, cached input', '0.000008'],
      ['a, output', '0.001'],
      ['b, input', '0.00006'],
      ['b, cached input', '0.000004'],
      ['b, output', '0.0005'],
    ])
  })

  it('by day alone', async () => {
    await expectError(await get(`${COSTS}?start_time=1&bucket_width=1h`), 400, 'invalid_value', 'bucket_width')
  })
})
