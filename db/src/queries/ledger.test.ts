import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../database.ts'
import { createApiKey } from '../keys/keys.ts'
import { temporaryDatabase } from '../testing.ts'
import { setLimits } from './limits.ts'
import { journalOpenRequests, settleLostRequests } from './open-requests.ts'
import { closePeriod } from './periods.ts'
import { addPrice } from './prices.ts'
import { createTenant } from './tenants.ts'
import { recordUsage, type UsageRecord } from './usage.ts'

let db: Database
let drop: () => Promise<void>
let owner: { tenantId: string; keyId: string }

beforeAll(async () => {
  const temporary = await temporaryDatabase()
  db = openDatabase(temporary.url)
  drop = temporary.drop
  const created = await createTenant(db, 'a')
  if (!created.ok) throw new Error('name taken')
  const tenantId = created.tenant.id
  owner = { tenantId, keyId: (await createApiKey(db, Buffer.from('pepper'), { tenantId, name: 'k' })).id }
})
afterAll(() => db.close().then(drop))

const rates = { input: 100n, cachedInput: 10n, output: 1_000n }
const now = { inMs: 0 }
const price = (model: string, more: Partial<typeof rates> = {}) => ({
  ...{ model, currency: 'USD', batchInput: 0n, batchCachedInput: 0n, batchOutput: 0n, training: 0n },
  ...rates,
  ...more,
})

function usage(changes: Partial<UsageRecord> = {}): UsageRecord {
  const startedAt = new Date()
  return {
    ...owner,
    requestId: `req_${randomUUID()}`,
    model: 'priced',
    endpoint: 'completions',
    startedAt,
    finishedAt: startedAt,
    promptTokens: 20,
    cachedTokens: 4,
    completionTokens: 30,
    status: 'completed',
    errorCode: null,
    stream: true,
    speculation: null,
    ...changes,
  }
}

const bills = async (id: string) => {
  const columns = 'revision, input_tokens, cached_tokens, output_tokens, total_nano::int as nano'
  const { rows } = await db.pool.query(`select ${columns} from ledger where request_id = $1 order by revision`, [id])
  return rows
}
const spent = async () =>
  (await db.pool.query('select id, day_spent_nano::int as day, month_spent_nano::int as month from accounts')).rows

describe('the bill of a request', () => {
  it('is posted with its usage, once however often and concurrently it is written', async () => {
    await addPrice(db, price('priced'), now)
    const record = usage()
    await Promise.all(Array.from({ length: 8 }, () => recordUsage(db, [record])))
    const tokens = { input_tokens: 16, cached_tokens: 4, output_tokens: 30 }
    expect(await bills(record.requestId)).toEqual([{ revision: 2, ...tokens, nano: 1_600 + 40 + 30_000 }])
  })

  it.each([
    ['failed', 0, 0],
    ['failed', 1, 2_640],
    ['cancelled', 0, 1_640],
  ] as const)('that %s after %i tokens is %i', async (status, completionTokens, nano) => {
    const record = usage({ status, completionTokens })
    await recordUsage(db, [record])
    expect(await bills(record.requestId)).toMatchObject([{ nano }])
  })

  it('is by the price that was in force when it began, of its model before that of any', async () => {
    const soon = new Date(Date.now() + 60_000)
    await addPrice(db, price('*', { output: 1n }), now)
    await addPrice(db, price('priced', { output: 2n }), { at: soon })
    const other = usage({ model: 'other', promptTokens: 0, cachedTokens: 0 })
    const later = usage({ startedAt: new Date(soon.getTime() + 1), promptTokens: 0, cachedTokens: 0 })
    const early = usage({ startedAt: new Date(0), promptTokens: 0, cachedTokens: 0 })
    await recordUsage(db, [other, later, early])
    expect(await bills(other.requestId)).toMatchObject([{ nano: 30 }])
    expect(await bills(later.requestId)).toMatchObject([{ nano: 60 }])
    expect(await bills(early.requestId)).toMatchObject([{ nano: 0 }])
  })

  it('of a gateway that seemed lost is corrected by what it says itself, also when both write at once', async () => {
    const account = await setLimits(db, { tenantId: owner.tenantId, keyId: null }, { dayNanoMax: 10n ** 12n })
    for (let round = 0; round < 20; round++) {
      const record = usage()
      const { requestId: id, finishedAt: _, status: __, errorCode: ___, speculation: ____, ...facts } = record
      const before = (await spent()).find((each) => each.id === account.id)
      await journalOpenRequests(db, 'gtw_gone', [{ ...facts, id, completionTokens: 7 }])
      await Promise.all([settleLostRequests(db), recordUsage(db, [record])])
      await settleLostRequests(db)
      expect((await bills(id)).at(-1)).toMatchObject({ revision: 2, nano: 31_640 })
      const change = { day: before.day + 31_640, month: before.month + 31_640 }
      expect((await spent()).find((each) => each.id === account.id)).toMatchObject(change)
    }
  })

  it('of a later attempt stands for all of the request, and an earlier one can not come back', async () => {
    const first = usage({ status: 'failed', completionTokens: 3 })
    await recordUsage(db, [first])
    await recordUsage(db, [{ ...first, attempt: 2, status: 'completed', completionTokens: 30 }])
    await recordUsage(db, [first])
    expect(await bills(first.requestId)).toMatchObject([
      { revision: 2, output_tokens: 3 },
      { revision: 4, output_tokens: 30 },
    ])
  })

  it('can be neither changed nor removed', async () => {
    await expect(db.pool.query('update ledger set total_nano = 0')).rejects.toMatchObject({ code: '23001' })
    await expect(db.pool.query('delete from ledger')).rejects.toMatchObject({ code: '23001' })
    await expect(db.pool.query('delete from prices')).rejects.toMatchObject({ code: '23001' })
  })
})

describe('a price', () => {
  it('is refused for the past, in another currency, and twice from one moment on', async () => {
    const from = new Date(Date.now() + 3_600_000)
    expect(await addPrice(db, price('refused'), { at: new Date(0) })).toEqual({ ok: false, reason: 'in_the_past' })
    expect(await addPrice(db, { ...price('refused'), currency: 'EUR' }, now)).toEqual({
      ok: false,
      reason: 'other_currency',
    })
    expect(await addPrice(db, price('refused'), { at: from })).toMatchObject({ ok: true })
    expect(await addPrice(db, price('refused'), { at: from })).toEqual({ ok: false, reason: 'taken' })
  })
})

describe('a billing period', () => {
  it('closes when it is over, in order, once', async () => {
    const now = new Date('2001-03-01T00:00:00Z')
    await recordUsage(db, [usage({ finishedAt: new Date('2001-01-05T00:00:00Z') })])
    expect(await closePeriod(db, '2001-03', { now })).toEqual({ ok: false, reason: 'not_over' })
    expect(await closePeriod(db, '2001-02', { now })).toEqual({ ok: false, reason: 'earlier_open' })
    const closed = await closePeriod(db, '1970-01', { now })
    expect(closed).toMatchObject({ ok: true })
    expect(await closePeriod(db, '1970-03', { now })).toEqual({ ok: false, reason: 'earlier_open' })
    expect(await closePeriod(db, '1970-01', { now })).toEqual(closed)
  })
})
