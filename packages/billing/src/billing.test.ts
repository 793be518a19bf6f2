import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  addPrice,
  billLines,
  closePeriod,
  createApiKey,
  createTenant,
  type Database,
  openDatabase,
  periodBounds,
  recordUsage,
  type UsageRecord,
} from '@foretoken/db'
import { temporaryDatabase } from '@foretoken/db/testing'
import { EXPORT_FORMATS } from '@foretoken/metering/export'
import { type ObjectStore, openObjectStore } from '@foretoken/storage'
import { parquetReadObjects } from 'hyparquet'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { exportPeriod } from './export-period.ts'
import { closeAndExport } from './schedule.ts'
import { exportKey, storeExport } from './store-export.ts'

let db: Database
let drop: () => Promise<void>
let folder: string
let store: ObjectStore
let owner: { tenantId: string; keyId: string }
let made = 0

/** Prices only begin now, so the periods are those to come. */
const month = (at: number) => new Date(Date.UTC(2100, at, 15, 12))
const JANUARY = '2100-01'
const FEBRUARY = '2100-02'
const MARCH = '2100-03'

beforeEach(async () => {
  made = 0
  const temporary = await temporaryDatabase()
  db = openDatabase(temporary.url)
  drop = temporary.drop
  folder = mkdtempSync(join(tmpdir(), 'foretoken-billing-'))
  store = openObjectStore(pathToFileURL(folder).href)
  const created = await createTenant(db, 'acme, "inc"')
  if (!created.ok) throw new Error('name taken')
  const tenantId = created.tenant.id
  owner = { tenantId, keyId: (await createApiKey(db, Buffer.from('pepper'), { tenantId, name: 'k' })).id }
  const rates = { input: 150n, cachedInput: 75n, output: 600n, batchInput: 0n, batchCachedInput: 0n, batchOutput: 0n }
  await addPrice(db, { ...rates, model: '*', currency: 'USD', training: 0n }, { inMs: 0 })
})
afterEach(async () => {
  await db.close().then(drop)
  rmSync(folder, { recursive: true })
})

function usage(finishedAt: Date, changes: Partial<UsageRecord> = {}): UsageRecord {
  const arms = [{ arm: 'adaptive', draftVersion: 'adp_7' }]
  const speculation = { steps: 12, draftTokens: 30, acceptedTokens: 18, acceptanceHistogram: [], lookaheadMax: 4, arms }
  return {
    ...owner,
    requestId: `req_${String(++made).padStart(4, '0')}`,
    model: 'm',
    endpoint: 'completions',
    startedAt: finishedAt,
    finishedAt,
    promptTokens: 20,
    cachedTokens: 4,
    completionTokens: 30,
    status: 'completed',
    errorCode: null,
    stream: true,
    speculation: { ...speculation, armSteps: { adaptive: 10, none: 2 } },
    ...changes,
  }
}
const lost = (finishedAt: Date) =>
  usage(finishedAt, { status: 'failed', errorCode: 'gateway_lost', completionTokens: 10, speculation: null })
const own = (guess: UsageRecord): UsageRecord => ({
  ...guess,
  status: 'completed',
  errorCode: null,
  completionTokens: 30,
})

async function close(period: string) {
  expect(await closePeriod(db, period, { now: month(11) })).toMatchObject({ ok: true })
}
async function kindsOf(period: string) {
  const kinds: string[] = []
  for await (const page of billLines(db, await periodBounds(db, period))) {
    for (const { kind, requestId, inputNano, cachedNano, outputNano } of page) {
      kinds.push(`${kind} ${requestId} ${inputNano + cachedNano + outputNano}`)
    }
  }
  return kinds
}
const text = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString()

describe('a closed period', () => {
  it('is exported to the same bytes and hashes whenever, whatever came since', async () => {
    for (let at = 0; at < 50; at++) await recordUsage(db, [usage(month(0))])
    const guess = lost(month(0))
    await recordUsage(db, [guess])
    await close(JANUARY)
    const first = await exportPeriod(db, JANUARY, EXPORT_FORMATS)
    await recordUsage(db, [own(guess), usage(month(0)), usage(month(1))])
    await close(FEBRUARY)
    const second = await exportPeriod(db, JANUARY, EXPORT_FORMATS)
    expect(second).toEqual(first)
    expect(first.files.map(({ name }) => name)).toEqual([
      ...['bills.csv', 'bills.jsonl', 'bills.parquet', 'focus.csv', 'focus.parquet', 'stripe.jsonl'],
    ])
    expect(first.manifest).toMatchObject({
      period: JANUARY,
      closed: true,
      lines: 51,
      corrections: 0,
      total: '0.0010437',
    })
  })

  it('is corrected by the next: taken back and booked anew, or told late, and all of it adds up', async () => {
    const [wrong, right, late] = [lost(month(0)), usage(month(0)), usage(month(0))]
    await recordUsage(db, [wrong, right])
    await close(JANUARY)
    await recordUsage(db, [own(wrong), late, usage(month(1))])
    const again = lost(month(1))
    await recordUsage(db, [again])
    await recordUsage(db, [own(again)])
    await close(FEBRUARY)
    await recordUsage(db, [usage(month(0))])
    expect(await kindsOf(JANUARY)).toEqual(['usage req_0001 8700', 'usage req_0002 20700'])
    expect(await kindsOf(FEBRUARY)).toEqual([
      'reversal req_0001 -8700',
      'rebooking req_0001 20700',
      'late req_0003 20700',
      'usage req_0004 20700',
      'usage req_0005 20700',
    ])
    expect(await kindsOf(MARCH)).toEqual(['late req_0006 20700'])
    const exported = await Promise.all([JANUARY, FEBRUARY, MARCH].map((each) => exportPeriod(db, each, ['csv'])))
    const total = exported.reduce((sum, { manifest }) => sum + Number(manifest.total) * 1e9, 0)
    expect(Math.round(total)).toBe(6 * 20_700)
    expect(exported.map(({ manifest }) => manifest.corrections)).toEqual([0, 3, 1])
  })

  it('holds each bill in exactly one period while bills are posted and it is closed', async () => {
    const posting = Array.from({ length: 60 }, () => recordUsage(db, [usage(month(0))]))
    await Promise.all(posting.slice(0, 20))
    await close(JANUARY)
    const before = await kindsOf(JANUARY)
    await Promise.all(posting)
    expect(await kindsOf(JANUARY)).toEqual(before)
    const after = await kindsOf(FEBRUARY)
    expect(before.length + after.length).toBe(60)
    expect(new Set([...before, ...after].map((line) => line.split(' ')[1])).size).toBe(60)
  })
})

describe('files', () => {
  it('say the same in CSV, JSON Lines and Parquet', async () => {
    await recordUsage(db, [
      usage(month(0)),
      usage(month(0), { status: 'failed', completionTokens: 0, speculation: null }),
    ])
    const { files } = await exportPeriod(db, JANUARY, ['csv', 'jsonl', 'parquet'])
    const [csv, jsonl, parquet] = files.map(({ bytes }) => bytes)
    const [head = '', first = ''] = text(csv).split('\n')
    expect(head).toBe(
      'period,line,request_id,revision,tenant_id,tenant_name,key_id,model,price_id,currency,started_at,finished_at,' +
        'status,input_tokens,cached_tokens,output_tokens,input_cost,cached_cost,output_cost,total_cost,' +
        'x_arm,x_draft_version,x_draft_tokens,x_accepted_tokens,x_verification_steps,x_saved_target_runs',
    )
    expect(first).toContain('"acme, ""inc"""')
    expect(first).toMatch(/,16,4,30,0\.0000024,0\.0000003,0\.000018,0\.0000207,adaptive,adp_7,30,18,12,18$/)
    const rows = text(jsonl)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(rows[0]).toMatchObject({ line: 'usage', total_cost: '0.0000207', x_saved_target_runs: 18 })
    expect(rows[1]).toMatchObject({ status: 'failed', total_cost: '0', input_tokens: 0, x_arm: null })
    const read = await parquetReadObjects({ file: new Uint8Array(parquet ?? []).buffer })
    expect(read).toHaveLength(2)
    expect(read[0]).toMatchObject({ tenant_name: 'acme, "inc"', input_tokens: 16n, finished_at: month(0) })
    expect(read[0]?.total_cost).toBeCloseTo(0.0000207, 12)
    expect(read.map((row) => Number(row.total_cost).toFixed(9))).toEqual(
      rows.map((row) => Number(row.total_cost).toFixed(9)),
    )
  })

  it("hold FOCUS 1.2's columns, and corrections as it wants them", async () => {
    const wrong = lost(month(0))
    await recordUsage(db, [wrong, usage(month(0)), usage(month(0))])
    await close(JANUARY)
    await recordUsage(db, [own(wrong), usage(month(1))])
    const { files } = await exportPeriod(db, FEBRUARY, ['focus'])
    const [head = '', ...lines] = text(files[0]?.bytes).trimEnd().split('\n')
    const columns = head.split(',')
    expect(MANDATORY.filter((name) => !columns.includes(name))).toEqual([])
    expect(columns.filter((name) => !/^(x_)?[A-Z][A-Za-z]+$/.test(name))).toEqual([])
    const read = await parquetReadObjects({ file: new Uint8Array(files[1]?.bytes ?? []).buffer })
    expect(read).toHaveLength(lines.length)
    expect(
      read.map((row) => [row.ChargeClass, row.SkuMeter, Number(row.ConsumedQuantity), Number(row.BilledCost) * 1e9]),
    ).toEqual(
      [
        ['Correction', 'Cached input tokens', 4, 300],
        ['Correction', 'Cached input tokens', -4, -300],
        ['Correction', 'Input tokens', 16, 2_400],
        ['Correction', 'Input tokens', -16, -2_400],
        ['Correction', 'Output tokens', 30, 18_000],
        ['Correction', 'Output tokens', -10, -6_000],
        [null, 'Cached input tokens', 4, 300],
        [null, 'Input tokens', 16, 2_400],
        [null, 'Output tokens', 30, 18_000],
      ].map(([kind, meter, quantity, cost]) => [kind, meter, quantity, expect.closeTo(Number(cost), 5)]),
    )
    for (const row of read) {
      expect(row).toMatchObject({
        BillingAccountId: owner.tenantId,
        BillingPeriodStart: '2100-02-01T00:00:00Z',
        BillingPeriodEnd: '2100-03-01T00:00:00Z',
        ChargeCategory: 'Usage',
      })
      expect(Number(row.ListUnitPrice) * Number(row.PricingQuantity)).toBeCloseTo(Number(row.ListCost), 12)
      expect(row.EffectiveCost).toBe(row.BilledCost)
    }
    expect(read.at(-1)).toMatchObject({ x_DraftVersion: 'adp_7', x_AcceptedTokens: 18n, x_SavedTargetRuns: 18n })
  })

  it("hold events that Stripe's meters take: once each, never negative", async () => {
    const wrong = usage(month(0), {
      errorCode: 'gateway_lost',
      status: 'failed',
      completionTokens: 100,
      speculation: null,
    })
    await recordUsage(db, [wrong, usage(month(0)), usage(month(0))])
    await close(JANUARY)
    await recordUsage(db, [{ ...own(wrong), completionTokens: 30 }])
    const customers = new Map([[owner.tenantId, 'cus_1']])
    const eventsOf = async (period: string, at: number) => {
      const { files } = await exportPeriod(db, period, ['stripe'], customers)
      const lines = text(files[at]?.bytes).trimEnd()
      return lines === '' ? [] : lines.split('\n').map((line) => JSON.parse(line))
    }
    const events = await eventsOf(JANUARY, 0)
    expect(events.map(({ event_name: name, payload }) => [name, payload])).toEqual([
      ['foretoken_cached_tokens', { stripe_customer_id: 'cus_1', value: '12', model: 'm' }],
      ['foretoken_input_tokens', { stripe_customer_id: 'cus_1', value: '48', model: 'm' }],
      ['foretoken_output_tokens', { stripe_customer_id: 'cus_1', value: '160', model: 'm' }],
    ])
    for (const { identifier, timestamp } of events) {
      expect(identifier.length).toBeLessThanOrEqual(100)
      expect(timestamp).toBe(Date.UTC(2100, 0, 15) / 1_000)
    }
    expect(await eventsOf(FEBRUARY, 0)).toEqual([])
    expect(await eventsOf(FEBRUARY, 1)).toEqual([
      { tenantId: owner.tenantId, model: 'm', meter: 'output_tokens', tokens: -70 },
    ])
  })
})

describe('the schedule', () => {
  it('closes what is due, in order, and exports once what is closed', async () => {
    await recordUsage(db, [usage(month(0)), usage(month(2))])
    const run = (now: Date, closeAfterDays: number | null = 3) => closeAndExport(db, store, { closeAfterDays }, now)
    // The database says whether a month is over by its own clock, and these are not.
    expect(await run(new Date('2100-02-03T23:59:59Z'))).toEqual({ closed: [], exported: [] })
    await close(JANUARY)
    expect(await run(new Date(), null)).toEqual({ closed: [], exported: [JANUARY] })
    expect(await run(new Date(), null)).toEqual({ closed: [], exported: [] })
    const manifest = JSON.parse(text(await store.get(exportKey(JANUARY, 'manifest.json'))))
    expect(manifest).toMatchObject({ period: JANUARY, closed: true, lines: 1 })
    const bills = text(await store.get(exportKey(JANUARY, 'bills.csv')))
    expect(bills.split('\n')).toHaveLength(3)
  })

  it('closes months that have passed, those without a bill too', async () => {
    const past = new Date()
    past.setUTCMonth(past.getUTCMonth() - 3)
    await recordUsage(db, [usage(past)])
    const { closed, exported } = await closeAndExport(db, store, { closeAfterDays: 0 }, new Date())
    expect(closed.length).toBeGreaterThanOrEqual(3)
    expect(exported).toEqual(closed)
  })

  it('is no export before its manifest is there', async () => {
    await recordUsage(db, [usage(month(0))])
    await close(JANUARY)
    const made = await exportPeriod(db, JANUARY, EXPORT_FORMATS)
    let puts = 0
    const failing: Pick<ObjectStore, 'put'> = {
      put: async (key, bytes) => {
        if (++puts > 2) throw new Error('the process dies')
        return store.put(key, bytes)
      },
    }
    await expect(storeExport(failing, made)).rejects.toThrow('dies')
    expect(await store.get(exportKey(JANUARY, 'manifest.json'))).toBeUndefined()
    expect(await closeAndExport(db, store, { closeAfterDays: null }, new Date())).toMatchObject({ exported: [JANUARY] })
    expect(await store.get(exportKey(JANUARY, 'manifest.json'))).toBeDefined()
  })
})

const MANDATORY = [
  ...['BilledCost', 'BillingAccountId', 'BillingAccountName', 'BillingCurrency', 'BillingPeriodEnd'],
  ...['BillingPeriodStart', 'ChargeCategory', 'ChargeClass', 'ChargeDescription', 'ChargePeriodEnd'],
  ...['ChargePeriodStart', 'ContractedCost', 'EffectiveCost', 'InvoiceIssuerName', 'ListCost', 'PricingQuantity'],
  ...['PricingUnit', 'ProviderName', 'PublisherName', 'ServiceCategory', 'ServiceName'],
]
