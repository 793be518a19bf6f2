import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../database.ts'
import { createApiKey } from '../keys/keys.ts'
import { temporaryDatabase } from '../testing.ts'
import { type AdmissionRequest, admit, extendReservation, releaseReservations, renewReservations } from './admission.ts'
import { listLimits, setLimits } from './limits.ts'
import { addPrice } from './prices.ts'
import { createTenant } from './tenants.ts'
import { recordUsage } from './usage.ts'

let db: Database
let drop: () => Promise<void>
beforeAll(async () => {
  const temporary = await temporaryDatabase()
  db = openDatabase(temporary.url)
  drop = temporary.drop
  const rates = { input: 1n, cachedInput: 1n, output: 10n, batchInput: 0n, batchCachedInput: 0n, batchOutput: 0n }
  await addPrice(db, { model: '*', currency: 'USD', ...rates, training: 0n }, { inMs: 0 })
})
afterAll(() => db.close().then(drop))

const leaseMs = 10_000

async function owner() {
  const created = await createTenant(db, `t${randomUUID()}`)
  if (!created.ok) throw new Error('name taken')
  const tenantId = created.tenant.id
  return { tenantId, keyId: (await createApiKey(db, Buffer.from('pepper'), { tenantId, name: 'k' })).id }
}
type Owner = Awaited<ReturnType<typeof owner>>

const ask = (who: Owner, changes: Partial<AdmissionRequest> = {}): AdmissionRequest => ({
  ...who,
  ...{ requestId: `req_${randomUUID()}`, attempt: 1, gatewayId: 'gtw_a', model: 'm', startedAt: new Date() },
  ...{ promptTokens: 10, tokensWanted: 100, tokensNeeded: 1 },
  ...changes,
})
const ofTenant = ({ tenantId }: Owner) => ({ tenantId, keyId: null })
const accountOf = async (who: Owner) => (await listLimits(db, who.tenantId))[0]

async function finish(request: AdmissionRequest, completionTokens: number) {
  const { requestId, tenantId, keyId, model, startedAt, promptTokens } = request
  const facts = { requestId, tenantId, keyId, model, startedAt, promptTokens, completionTokens, cachedTokens: 0 }
  const ended = { endpoint: 'completions', status: 'completed', errorCode: null, stream: true } as const
  await recordUsage(db, [{ ...facts, ...ended, finishedAt: new Date(), speculation: null }])
}

describe('admission', () => {
  it('of 300 at once against 100 requests a minute is given to exactly 100', async () => {
    const who = await owner()
    await setLimits(db, ofTenant(who), { requestsPerMinute: 100 })
    const asked = await Promise.all(
      Array.from({ length: 300 }, () => admit(db, ask(who), { leaseMs, now: new Date(0) })),
    )
    expect(asked.filter(({ denial }) => denial === null)).toHaveLength(100)
    expect(asked.filter(({ denial }) => denial === 'requests')).toHaveLength(200)
  })

  it('of 200 at once against one budget never reserves more than there is, and uses it up', async () => {
    const who = await owner()
    await setLimits(db, ofTenant(who), { dayNanoMax: 50_525n })
    const asked = await Promise.all(Array.from({ length: 200 }, () => admit(db, ask(who), { leaseMs })))
    const granted = asked.reduce((sum, { grantedNano }) => sum + (grantedNano ?? 0n), 0n)
    expect(granted).toBe(50_525n)
    expect(await accountOf(who)).toMatchObject({ reservedNano: granted, streams: 51 })
    expect(asked.filter(({ denial }) => denial === 'budget')).toHaveLength(149)
  })

  it('takes from all limits or from none, the key’s and the tenant’s', async () => {
    const who = await owner()
    await setLimits(db, ofTenant(who), { requestsPerMinute: 1_000, streamsMax: 5 })
    await setLimits(db, who, { streamsMax: 2 })
    const asked = []
    for (let at = 0; at < 4; at++) asked.push(await admit(db, ask(who), { leaseMs }))
    expect(asked.map(({ denial }) => denial)).toEqual([null, null, 'streams', 'streams'])
    const [tenant, key] = await listLimits(db, who.tenantId)
    expect([tenant?.streams, key?.streams]).toEqual([2, 2])
    expect(asked[3]?.accounts.find(({ requestsPerMinute }) => requestsPerMinute)?.requestsFreeUs).toBe(
      tenant?.requestsFreeUs,
    )
  })

  it('counts the tokens that were really used, as they are made and at the end', async () => {
    const who = await owner()
    const now = new Date(0)
    await setLimits(db, ofTenant(who), { tokensPerMinute: 6_000 })
    const request = ask(who, { promptTokens: 1_000 })
    const used = async () => ((await accountOf(who))?.tokensFreeUs ?? 0) / 10_000
    expect(await admit(db, request, { leaseMs, now })).toMatchObject({ denial: null })
    expect(await used()).toBe(1_000)
    const renew = (tokens: number) => renewReservations(db, 'gtw_a', [{ ...request, tokens }], { leaseMs, now })
    expect(await renew(1_500)).toMatchObject([{ requestId: request.requestId }])
    await renew(1_500)
    expect(await used()).toBe(1_500)
    expect(await admit(db, ask(who, { promptTokens: 4_501 }), { leaseMs, now })).toMatchObject({ denial: 'tokens' })
    expect(await admit(db, ask(who, { promptTokens: 7_000 }), { leaseMs, now })).toMatchObject({ denial: 'tokens' })
    const full = new Date(60_000)
    expect(await admit(db, ask(who, { promptTokens: 7_000 }), { leaseMs, now: full })).toMatchObject({ denial: null })
  })

  it('forgets at midnight what was spent, not what runs', async () => {
    const who = await owner()
    const evening = new Date('2200-01-31T23:59:00Z')
    const morning = new Date('2200-02-01T00:01:00Z')
    await setLimits(db, ofTenant(who), { dayNanoMax: 2_000n, monthNanoMax: 1_500n })
    await admit(db, ask(who), { leaseMs, now: evening })
    expect(await admit(db, ask(who), { leaseMs, now: evening })).toMatchObject({ grantedNano: 490n })
    expect(await admit(db, ask(who), { leaseMs, now: evening })).toMatchObject({ denial: 'budget' })
    await db.pool.query('update accounts set day_spent_nano = 500, month_spent_nano = 500 where id = $1', [
      who.tenantId,
    ])
    expect(await admit(db, ask(who), { leaseMs, now: morning })).toMatchObject({ denial: 'budget' })
    await releaseReservations(db, { now: morning })
    expect(await accountOf(who)).toMatchObject({ streams: 0, reservedNano: 0n })
    expect(await admit(db, ask(who), { leaseMs, now: morning })).toMatchObject({ grantedNano: 1_010n })
  })
})

describe('a reservation', () => {
  it('grows as far as the budget goes, and no further', async () => {
    const who = await owner()
    await setLimits(db, ofTenant(who), { monthNanoMax: 2_500n })
    const request = ask(who)
    await admit(db, request, { leaseMs })
    const extend = (wantedNano: bigint, neededNano = 1n) =>
      extendReservation(db, request, { wantedNano, neededNano }, { leaseMs })
    expect(await extend(1_000n)).toBe(2_010n)
    expect(await extend(1_000n)).toBe(2_500n)
    expect(await extend(1_000n)).toBe(2_500n)
    expect(await accountOf(who)).toMatchObject({ reservedNano: 2_500n })
    await finish(request, 200)
    expect(await accountOf(who)).toMatchObject({
      reservedNano: 0n,
      streams: 0,
      daySpentNano: 2_010n,
      monthSpentNano: 2_010n,
    })
    expect(await extend(1_000n)).toBeNull()
  })

  it('goes with its gateway, once, and the bill that comes late is spent all the same', async () => {
    const who = await owner()
    await setLimits(db, ofTenant(who), { dayNanoMax: 10_000n })
    const request = ask(who)
    await admit(db, request, { leaseMs: 1 })
    const later = { now: new Date(Date.now() + 60_000) }
    const released = await Promise.all(Array.from({ length: 5 }, () => releaseReservations(db, later)))
    expect(released.reduce((sum, each) => sum + each, 0)).toBe(1)
    expect(await accountOf(who)).toMatchObject({ reservedNano: 0n, streams: 0 })
    await finish(request, 20)
    expect(await accountOf(who)).toMatchObject({ reservedNano: 0n, streams: 0, daySpentNano: 210n })
  })
})

describe('limits that are set', () => {
  it('count what was spent and what runs already, also while bills are posted', async () => {
    const who = await owner()
    await setLimits(db, ofTenant(who), { dayNanoMax: 10n ** 9n })
    const open = ask(who)
    await admit(db, open, { leaseMs })
    const done = Array.from({ length: 20 }, () => ask(who))
    const finishing = done.map((request) => finish(request, 10))
    await setLimits(db, who, { dayNanoMax: 10n ** 9n })
    await Promise.all(finishing)
    const [tenant, key] = await listLimits(db, who.tenantId)
    expect(key).toMatchObject({ streams: 1, reservedNano: tenant?.reservedNano, daySpentNano: 20n * 110n })
    expect(tenant?.daySpentNano).toBe(key?.daySpentNano)
  })

  it('are refused for a key of somebody else', async () => {
    const [one, other] = [await owner(), await owner()]
    const foreign = setLimits(db, { tenantId: one.tenantId, keyId: other.keyId }, { streamsMax: 1 })
    await expect(foreign).rejects.toMatchObject({ code: '23503' })
  })
})
