import {
  type AdmissionRequest,
  addPrice,
  admit,
  announceProcess,
  createApiKey,
  createTenant,
  type Database,
  extendReservation,
  journalOpenRequests,
  openDatabase,
  recordUsage,
  releaseReservations,
  removeProcess,
  renewReservations,
  setLimits,
  settleLostRequests,
  type UsageRecord,
} from '@foretoken/db'
import { charge, type Limits } from '@foretoken/metering'
import { Books, type BooksUsage } from '@foretoken/metering/testing'
import { expect } from 'vitest'
import { breakingDatabase } from './breaking-database.ts'

export const RATES = { input: 7n, cachedInput: 3n, output: 1_000n }
const LEASE_MS = 10_000

interface Running {
  readonly request: AdmissionRequest
  grantedNano: bigint | null
  readonly promptTokens: number
  readonly cachedTokens: number
  completionTokens: number
  journaled: number | null
}

export interface Owner {
  readonly tenantId: string
  readonly keyId: string
}

/**
 * Gateways, tenants and requests, played on the database and on the books in memory at once: after each operation both
 * must have said the same.
 */
export class World {
  readonly books = new Books(RATES)
  readonly owners: Owner[] = []
  readonly running = new Map<string, Running>()
  /** Whose gateway is gone, by request: an idempotency key may begin it again. */
  readonly lost: Running[] = []
  private readonly gateways: string[] = []
  private made = 0
  now = new Date()

  private constructor(
    readonly db: Database,
    private readonly breaking: ReturnType<typeof breakingDatabase>,
  ) {}

  static async open(url: string): Promise<World> {
    const db = openDatabase(url)
    const world = new World(db, breakingDatabase(db))
    const more = { batchInput: 0n, batchCachedInput: 0n, batchOutput: 0n, training: 0n }
    await addPrice(db, { model: '*', currency: 'USD', ...RATES, ...more }, { inMs: 0 })
    world.pass(60_000)
    for (const name of ['a', 'b', 'c']) {
      const created = await createTenant(db, name)
      if (!created.ok) throw new Error('name taken')
      for (const key of ['k', 'l']) {
        const { id: keyId } = await createApiKey(db, Buffer.from('pepper'), { tenantId: created.tenant.id, name: key })
        world.owners.push({ tenantId: created.tenant.id, keyId })
      }
    }
    for (let at = 0; at < 3; at++) await world.gatewayStarts()
    const [tight, other] = world.owners
    if (tight) await world.limit(tight, false, { dayNanoMax: 1_000_000n, streamsMax: 100 })
    if (other) await world.limit(other, true, { monthNanoMax: 3_000_000n })
    return world
  }

  pass(ms: number): void {
    this.now = new Date(this.now.getTime() + ms)
  }

  async limit(owner: Owner, ofKey: boolean, limits: Partial<Limits>): Promise<void> {
    const keyId = ofKey ? owner.keyId : null
    await setLimits(this.db, { tenantId: owner.tenantId, keyId }, limits)
    // The database opens an account by its own clock, which has not moved on; the next request rolls it.
    this.books.setLimits(keyId ?? owner.tenantId, limits, new Date())
  }

  /** @param again a lost request that begins anew */
  async begin(
    owner: Owner,
    gateway: number,
    tokens: { prompt: number; wanted: number },
    again?: Running,
  ): Promise<void> {
    const request: AdmissionRequest = {
      ...owner,
      requestId: again?.request.requestId ?? `req_${++this.made}`,
      attempt: (again?.request.attempt ?? 0) + 1,
      gatewayId: this.gateway(gateway),
      model: 'm',
      startedAt: this.now,
      promptTokens: tokens.prompt,
      tokensWanted: tokens.wanted,
      tokensNeeded: 1,
    }
    const costOf = (completionTokens: number) =>
      charge({ promptTokens: tokens.prompt, cachedTokens: 0, completionTokens }, RATES).totalNano
    const demand = { promptTokens: tokens.prompt, wantedNano: costOf(tokens.wanted), neededNano: costOf(1) }
    const owners = [owner.tenantId, owner.keyId]
    const leaseMs = this.now.getTime() + LEASE_MS
    const said = await admit(this.db, request, { leaseMs: LEASE_MS, now: this.now })
    const verdict = this.books.admit({ ...request, owners, leaseMs }, demand, this.now)
    const granted = verdict.denial === null ? verdict.grantedNano : null
    expect({ denial: said.denial, granted: said.grantedNano }).toEqual({ denial: verdict.denial, granted })
    if (said.denial !== null) return
    if (again) this.lost.splice(this.lost.indexOf(again), 1)
    const facts = { promptTokens: tokens.prompt, cachedTokens: Math.floor(tokens.prompt / 3), completionTokens: 0 }
    this.running.set(request.requestId, { request, grantedNano: granted, ...facts, journaled: null })
  }

  /** Delivers so many more, or as many as are granted. */
  async deliver(running: Running, tokens: number): Promise<void> {
    for (let at = 0; at < tokens; at++) {
      const { totalNano } = charge({ ...running, completionTokens: running.completionTokens + 1 }, RATES)
      if (running.grantedNano !== null && totalNano > running.grantedNano) {
        await this.extend(running, { wantedNano: 20_000n, neededNano: totalNano - running.grantedNano })
        if (running.grantedNano === null || totalNano > running.grantedNano) return
      }
      running.completionTokens++
    }
  }

  async journal(gateway: number): Promise<void> {
    const gatewayId = this.gateway(gateway)
    const mine = [...this.running.values()].filter(({ request }) => request.gatewayId === gatewayId)
    const open = mine.map((each) => ({ ...factsOf(each), id: each.request.requestId }))
    await journalOpenRequests(this.db, gatewayId, open)
    for (const each of mine) each.journaled = each.completionTokens
    const used = mine.map(({ request: { requestId, attempt }, ...each }) => {
      return { requestId, attempt, tokens: each.promptTokens + each.completionTokens }
    })
    const held = await renewReservations(this.db, gatewayId, used, { leaseMs: LEASE_MS, now: this.now })
    const untilMs = this.now.getTime() + LEASE_MS
    const expected = used.filter((each) => this.books.renew({ ...each, gatewayId }, untilMs, this.now))
    expect(held.map(({ requestId }) => requestId).sort()).toEqual(expected.map(({ requestId }) => requestId).sort())
  }

  /** Writes its usage, once or often, and through a database that may break before or after it has. */
  async finish(
    running: Running,
    status: UsageRecord['status'],
    fault: 'before' | 'after' | 'often' | null,
  ): Promise<void> {
    this.running.delete(running.request.requestId)
    const usage = usageOf(running, status, this.now)
    if (fault === 'before' || fault === 'after') {
      await expect(recordUsage(this.breaking(fault), [usage])).rejects.toThrow()
    }
    await Promise.all(Array.from({ length: fault === 'often' ? 3 : 1 }, () => recordUsage(this.db, [usage])))
    this.books.bill(booksUsageOf(usage, false), this.now)
  }

  /** All that it was serving is lost; what it had written down is billed, what it had reserved given back. */
  async gatewayDies(gateway: number): Promise<void> {
    const gatewayId = this.gateway(gateway)
    this.gateways.splice(this.gateways.indexOf(gatewayId), 1)
    const mine = [...this.running.values()].filter(({ request }) => request.gatewayId === gatewayId)
    await removeProcess(this.db, { id: gatewayId, role: 'gateway' })
    await Promise.all([settleLostRequests(this.db), settleLostRequests(this.db)])
    for (const each of mine) {
      this.running.delete(each.request.requestId)
      this.lost.push(each)
      if (each.journaled === null) continue
      const { rows } = await this.db.pool.query('select finished_at from requests where id = $1', [
        each.request.requestId,
      ])
      const usage = usageOf({ ...each, completionTokens: each.journaled }, 'failed', rows[0].finished_at)
      this.books.bill(booksUsageOf(usage, true), this.now)
    }
    await this.gatewayStarts()
  }

  /** A gateway that was taken for dead says what it had really served. */
  async lateWord(lost: Running): Promise<void> {
    this.lost.splice(this.lost.indexOf(lost), 1)
    const usage = usageOf(lost, 'cancelled', this.now)
    await recordUsage(this.db, [usage])
    this.books.bill(booksUsageOf(usage, false), this.now)
  }

  async release(): Promise<void> {
    const released = await Promise.all([1, 2].map(() => releaseReservations(this.db, { now: this.now })))
    expect(released.reduce((sum, each) => sum + each, 0)).toBe(this.books.release(this.now))
  }

  async compare(): Promise<void> {
    const { rows: accounts } = await this.db.pool.query(`
      select id, streams, reserved_nano as "reservedNano", day::text, day_spent_nano as "daySpentNano", month::text,
        month_spent_nano as "monthSpentNano", requests_free_us as "requestsFreeUs"
      from accounts order by id`)
    const ours = [...this.books.accounts.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
    const textOf = (value: unknown) => (typeof value === 'bigint' || typeof value === 'number' ? String(value) : value)
    const plain = (rows: readonly object[]) =>
      rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, textOf(value)])))
    expect(plain(ours)).toMatchObject(plain(accounts))
    const { rows: bills } = await this.db.pool.query(`
      select distinct on (request_id) request_id, total_nano from ledger order by request_id, revision desc`)
    const billed = new Map(bills.map(({ request_id: id, total_nano: nano }) => [id, BigInt(nano)]))
    expect(billed).toEqual(new Map([...this.books.bills].map(([id, { totalNano }]) => [id, totalNano])))
  }

  private async extend(running: Running, more: { wantedNano: bigint; neededNano: bigint }): Promise<void> {
    const { request } = running
    const said = await extendReservation(this.db, request, more, { leaseMs: LEASE_MS, now: this.now })
    expect(said).toBe(this.books.extend(request, more, this.now.getTime() + LEASE_MS, this.now))
    if (said !== null) running.grantedNano = said
  }

  private gateway(at: number): string {
    const id = this.gateways[at % this.gateways.length]
    if (id === undefined) throw new Error('no gateway')
    return id
  }

  private async gatewayStarts(): Promise<void> {
    const id = `gtw_${++this.made}`
    this.gateways.push(id)
    const announcement = { id, role: 'gateway', state: 'ready', url: null, host: 'a', pid: 1, details: {} } as const
    await announceProcess(this.db, announcement, { leaseMs: 3_600_000, news: false })
  }
}

function factsOf({ request, promptTokens, cachedTokens, completionTokens }: Running) {
  const { tenantId, keyId, model, startedAt, attempt } = request
  const facts = { tenantId, keyId, model, startedAt, attempt, promptTokens, cachedTokens, completionTokens }
  return { ...facts, endpoint: 'completions', stream: true } as const
}

function usageOf(running: Running, status: UsageRecord['status'], finishedAt: Date): UsageRecord {
  const { requestId } = running.request
  return { ...factsOf(running), requestId, finishedAt, status, errorCode: null, speculation: null }
}

function booksUsageOf({ tenantId, keyId, attempt = 1, ...usage }: UsageRecord, lost: boolean): BooksUsage {
  return { ...usage, attempt, owners: [tenantId, keyId], lost }
}
