import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { createApiKey, createTenant, type Database, findTenantByName, openDatabase, recordUsage } from '@foretoken/db'
import { temporaryDatabase } from '@foretoken/db/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createProgram } from '../program.ts'

let db: Database
let url: string
let drop: () => Promise<void>
let folder: string
let keyId: string
beforeEach(async () => {
  const temporary = await temporaryDatabase()
  ;({ url, drop } = temporary)
  db = openDatabase(url)
  folder = mkdtempSync(join(tmpdir(), 'foretoken-billing-'))
  const created = await createTenant(db, 'acme')
  if (!created.ok) throw new Error('name taken')
  keyId = (await createApiKey(db, Buffer.from('pepper'), { tenantId: created.tenant.id, name: 'k' })).id
})
afterEach(async () => {
  vi.restoreAllMocks()
  await db.close().then(drop)
  rmSync(folder, { recursive: true })
})

/** Runs a command in this process; what it wrote, with the reason where it exits early. */
async function foretoken(...args: string[]): Promise<string> {
  const written: string[] = []
  const write = (chunk: string | Uint8Array) => written.push(String(chunk)) > 0
  vi.spyOn(process.stdout, 'write').mockImplementation(write)
  vi.spyOn(process.stderr, 'write').mockImplementation(write)
  vi.spyOn(process, 'exit').mockImplementation((code) => {
    throw new Error(`exit ${code}: ${written.join('')}`)
  })
  const where = ['--data-dir', folder, '--database-url', url]
  await createProgram().parseAsync([...args, ...where], { from: 'user' })
  return stripVTControlCharacters(written.join(''))
}

async function use(finishedAt: Date): Promise<void> {
  const { id: tenantId } = (await findTenantByName(db, 'acme')) ?? { id: '' }
  const facts = { tenantId, keyId, model: 'm', endpoint: 'completions', stream: false, speculation: null } as const
  const tokens = { promptTokens: 1_000, cachedTokens: 0, completionTokens: 2_000 }
  const ended = { startedAt: finishedAt, finishedAt, status: 'completed', errorCode: null } as const
  await recordUsage(db, [{ ...facts, ...tokens, ...ended, requestId: `req_${finishedAt.getTime()}` }])
}

describe('foretoken billing', () => {
  it('keeps versions of prices, per million tokens, and halves them for batches', async () => {
    expect(await foretoken('billing', 'prices')).toContain('everything is free')
    await foretoken('billing', 'price', 'm', '--input', '0.15', '--output', '0.601', '--from', '2100-01-01')
    const [price] = JSON.parse(await foretoken('billing', 'prices', '--json'))
    expect(price).toMatchObject({ model: 'm', input: '0.15', cachedInput: '0.15', output: '0.601', batchOutput: '0.3' })
    expect(price.validFrom).toBe('2100-01-01T00:00:00.000Z')
    const again = foretoken('billing', 'price', 'm', '--input', '1', '--output', '1', '--from', '2100-01-01')
    await expect(again).rejects.toThrow('There is a version')
    const past = foretoken('billing', 'price', 'm', '--input', '1', '--output', '1', '--from', '2020-01-01')
    await expect(past).rejects.toThrow('from now on')
    await expect(foretoken('billing', 'price', 'm', '--input', '0.0001', '--output', '1')).rejects.toThrow('0.001')
  })

  it('checks the books, and fails where they are not right', async () => {
    await foretoken('tenant', 'limits', 'acme', '--month-budget', '12.50')
    await use(new Date())
    expect(await foretoken('billing', 'check')).toContain('The books are right.')
    await db.pool.query('update accounts set month_spent_nano = month_spent_nano + 1')
    await expect(foretoken('billing', 'check')).rejects.toThrow('not right')
    await db.pool.query('update accounts set month_spent_nano = month_spent_nano - 1')
    await db.pool.query('update requests set completion_tokens = completion_tokens + 1')
    await expect(foretoken('billing', 'check')).rejects.toThrow('not right')
  })

  it('closes periods in order, once they are over', async () => {
    await use(new Date('2026-01-31T23:59:59Z'))
    await expect(foretoken('billing', 'close', '2026-02')).rejects.toThrow('An earlier period')
    expect(await foretoken('billing', 'close', '2026-01')).toContain('2026-01 is closed')
    await expect(foretoken('billing', 'close', '2999-01')).rejects.toThrow('not ended')
    await expect(foretoken('billing', 'close', '2026-13')).rejects.toThrow('no billing period')
  })
})

describe('foretoken billing export', () => {
  it('writes a closed period to the object store, the same to a folder, with hashes', async () => {
    await use(new Date('2026-01-31T23:59:59Z'))
    await expect(foretoken('billing', 'export', '--period', '2026-01')).rejects.toThrow('is open')
    await foretoken('billing', 'close', '2026-01')
    const stored = JSON.parse(await foretoken('billing', 'export', '--period', '2026-01', '--json'))
    expect(stored.files.map(({ name }: { name: string }) => name)).toEqual([
      ...['bills.csv', 'bills.jsonl', 'bills.parquet', 'focus.csv', 'focus.parquet', 'stripe.jsonl'],
    ])
    const output = join(folder, 'out')
    const csv = ['billing', 'export', '--period', '2026-01', '--format', 'csv', '--output', output]
    expect(await foretoken(...csv)).toContain(stored.files[0].sha256)
    const [bytes, inStore] = ['out/bills.csv', 'objects/billing/2026-01/bills.csv'].map((path) => join(folder, path))
    expect(readFileSync(inStore ?? '').equals(readFileSync(bytes ?? ''))).toBe(true)
    expect(JSON.parse(readFileSync(join(output, 'manifest.json'), 'utf8'))).toMatchObject({ lines: 1, closed: true })
    await expect(foretoken(...csv, '--format', 'xls')).rejects.toThrow('no format')
  })
})

describe('foretoken tenant limits', () => {
  it('sets what is given, of the tenant or a key, leaves the rest, and shows all', async () => {
    expect(await foretoken('tenant', 'limits', 'acme')).toContain('has no limits')
    await foretoken('tenant', 'limits', 'acme', '--requests-per-minute', '60', '--day-budget', '2.5')
    await foretoken('tenant', 'limits', 'acme', '--day-budget', 'none', '--streams', '4')
    await foretoken('tenant', 'limits', 'acme', '--key', keyId, '--tokens-per-minute', '9000')
    expect(JSON.parse(await foretoken('tenant', 'limits', 'acme', '--json'))).toMatchObject([
      { key: null, requestsPerMinute: 60, streamsMax: 4, dayBudget: null },
      { key: keyId, tokensPerMinute: 9_000 },
    ])
    await expect(foretoken('tenant', 'limits', 'acme', '--streams', '0')).rejects.toThrow('above zero')
    await expect(foretoken('tenant', 'limits', 'acme', '--key', 'key_x', '--streams', '1')).rejects.toThrow('key list')
  })
})
