import {
  type AccountOwner,
  addPrice,
  createApiKey,
  createCandidate,
  createTenant,
  type Limits,
  openDatabase,
  promoteDraft,
  registerTarget,
  revokeApiKey,
  setLimits,
  usageTotals,
} from '@foretoken/db'
import { temporaryDatabase } from '@foretoken/db/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgresStore, type Store, type StoredAnswer, type UsageRecord } from './store.ts'
import { MemoryStore } from './testing/memory-store.ts'

interface StoreUnderTest {
  readonly store: Store
  /** A key that opens something. */
  readonly secret: string
  readonly revoke: () => Promise<unknown>
  readonly setLimits: (owner: AccountOwner, limits: Partial<Limits>) => Promise<unknown>
  readonly rowsOf: (tenantId: string) => Promise<number>
  readonly close: () => Promise<void>
}

const target = { name: 'm', fingerprint: 'f1' }
const adapter = { id: 'adp_2', target, contentHash: '02', key: 'adapters/a/adp_2' }
const fallback = { id: 'adp_1', target, contentHash: '01', key: 'adapters/a/adp_1' }

describeStore('the store in memory', async () => {
  const store = new MemoryStore()
  const secret = 'ftk_memory'
  store.keys.set(secret, {
    ...{ keyId: 'key_a', scopes: ['inference'], validForMs: null },
    ...{ tenantId: 'ten_a', tenantName: 'a' },
    ...{ learning: true, forgottenAt: null, weight: 1, bounds: 'none', adapters: [adapter], canaries: [] },
  })
  store.fallback = fallback
  store.served.add('m')
  return {
    store,
    secret,
    revoke: async () => store.keys.delete(secret),
    setLimits: async ({ tenantId, keyId }, limits) => store.books.setLimits(keyId ?? tenantId, limits, new Date()),
    rowsOf: async (tenantId) => [...store.usage.values()].filter((usage) => usage.tenantId === tenantId).length,
    close: async () => {},
  }
})

describeStore('the store on PostgreSQL', async () => {
  const db = openDatabase((await temporaryDatabase()).url)
  const pepper = Buffer.alloc(32, 1)
  const created = await createTenant(db, 'a')
  if (!created.ok) throw new Error('name taken')
  const tenantId = created.tenant.id
  const { id: keyId, secret } = await createApiKey(db, pepper, { tenantId, name: 'test' })
  const { id: targetId } = await registerTarget(db, { ...target, form: 'form' })
  for (const { id, contentHash, key } of [fallback, adapter]) {
    await createCandidate(db, { id, tenantId, targetId, contentHash, artifactUri: key })
    await promoteDraft(db, tenantId, id, 'better')
  }
  const rates = { input: 1n, cachedInput: 1n, output: 10n, batchInput: 0n, batchCachedInput: 0n, batchOutput: 0n }
  await addPrice(db, { ...rates, model: '*', currency: 'USD', training: 0n }, { inMs: 0 })
  const always = { from: new Date(0), to: new Date('2100-01-01') }
  return {
    store: postgresStore(db, pepper),
    secret,
    revoke: () => revokeApiKey(db, { tenantId, keyId }),
    setLimits: (owner, limits) => setLimits(db, owner, limits),
    rowsOf: async (id) => (await usageTotals(db, id, always)).requests,
    close: () => db.close(),
  }
})

function describeStore(name: string, create: () => Promise<StoreUnderTest>): void {
  describe(name, () => {
    let under: StoreUnderTest
    beforeAll(async () => {
      under = await create()
    })
    afterAll(() => under.close())

    it('answers, and knows whose key is whose', async () => {
      await under.store.ping()
      expect(await under.store.authenticate(under.secret)).toMatchObject({ tenantName: 'a' })
      for (const wrong of ['', 'ftk_unknown', `${under.secret}x`]) {
        expect(await under.store.authenticate(wrong)).toBeNull()
      }
    })

    it('keeps one row of usage per request', async () => {
      const key = await under.store.authenticate(under.secret)
      if (!key) throw new Error('the key opens nothing')
      const usage: UsageRecord = {
        requestId: 'req_01',
        tenantId: key.tenantId,
        keyId: key.keyId,
        model: 'm',
        endpoint: 'chat.completions',
        startedAt: new Date(1),
        finishedAt: new Date(2),
        promptTokens: 3,
        cachedTokens: 1,
        completionTokens: 4,
        status: 'completed',
        errorCode: null,
        stream: false,
        speculation: null,
      }
      const { requestId: id, finishedAt: _, status: __, errorCode: ___, speculation: ____, ...facts } = usage
      await under.store.journal('gtw_a', [{ ...facts, id }])
      await Promise.all([under.store.recordUsage([usage]), under.store.recordUsage([usage, usage])])
      await under.store.settleLost()
      expect(await under.rowsOf(key.tenantId)).toBe(1)
    })

    it('resolves a key to the live draft of its tenant, and to the one before when that is rejected', async () => {
      const resolve = async () => (await under.store.authenticate(under.secret)) ?? { tenantId: '', adapters: [] }
      const { tenantId, ...resolved } = await resolve()
      expect(resolved).toMatchObject({ learning: true, forgottenAt: null, weight: 1, adapters: [adapter] })
      expect(await under.store.rejectDraft('ten_other', adapter.id, 'foreign')).toMatchObject({ changed: false })
      expect(await under.store.rejectDraft(tenantId, adapter.id, 'bad')).toEqual({ changed: true, live: fallback.id })
      expect(await under.store.rejectDraft(tenantId, adapter.id, 'bad')).toEqual({ changed: false, live: fallback.id })
      expect((await resolve()).adapters).toEqual([fallback])
    })

    it('knows which models were served lately', async () => {
      expect(await under.store.servedLately('m')).toBe(true)
      expect(await under.store.servedLately('nobody')).toBe(false)
    })

    it("keeps a tenant's responses, in a chain, and as many as it may", async () => {
      const { store } = under
      const { tenantId } = (await store.authenticate(under.secret)) ?? { tenantId: '' }
      const limits = { keptMs: 60_000, countMax: 2, bytesMax: 1_000_000 }
      const response = (at: number) => ({
        ...{ id: `resp_${at}`, previousId: at === 1 ? null : `resp_${at - 1}` },
        ...{ input: [{ role: 'user', content: `question ${at}` }], response: { output: [] } },
      })
      await store.saveResponse(tenantId, response(1), limits)
      await store.saveResponse(tenantId, response(2), limits)
      const chain = (id: string, bytesMax = 1_000_000) => store.responseChain(tenantId, id, bytesMax)
      expect(await chain('resp_2')).toEqual({ responses: [response(2), response(1)], extent: 'whole' })
      expect(await chain('resp_2', 1)).toEqual({ responses: [response(2)], extent: 'cut' })
      expect(await chain('resp_none')).toEqual({ responses: [], extent: 'gone' })
      await store.saveResponse(tenantId, response(3), limits)
      expect(await chain('resp_3')).toEqual({ responses: [response(3), response(2)], extent: 'gone' })
      expect(await store.findResponse('ten_other', 'resp_3')).toBeNull()
      expect(await store.deleteResponse('ten_other', 'resp_3')).toBe(false)
      expect(await store.deleteResponse(tenantId, 'resp_3')).toBe(true)
      expect(await store.findResponse(tenantId, 'resp_3')).toBeNull()
      await store.saveResponse(tenantId, response(4), { ...limits, keptMs: -1 })
      expect(await store.findResponse(tenantId, 'resp_4')).toBeNull()
      expect(await store.removeExpiredResponses()).toBe(1)
      expect(await store.findResponse(tenantId, 'resp_2')).toEqual(response(2))
    })

    it('admits, grants more and settles within limits, of the tenant and the key', async () => {
      const key = await under.store.authenticate(under.secret)
      if (!key) throw new Error('the key opens nothing')
      const { tenantId, keyId } = key
      const owner = { tenantId, keyId }
      await under.setLimits({ tenantId, keyId: null }, { requestsPerMinute: 100, dayNanoMax: 3_000n })
      await under.setLimits(owner, { streamsMax: 2, tokensPerMinute: 600 })
      const ask = (requestId: string, more = {}) =>
        under.store.admit(
          {
            ...{ ...owner, requestId, attempt: 1, gatewayId: 'gtw_a', model: 'm', startedAt: new Date() },
            ...{ promptTokens: 10, tokensWanted: 100, tokensNeeded: 1, ...more },
          },
          10_000,
        )
      const rates = { input: 1n, cachedInput: 1n, output: 10n }
      const first = await ask('req_first')
      expect(first).toMatchObject({ denial: null, grantedNano: 1_010n, tokens: 10, rates })
      expect(first.accounts.map(({ streams }) => streams)).toEqual([1, 1])
      expect(await ask('req_long', { promptTokens: 599 })).toMatchObject({ denial: 'tokens', grantedNano: null })
      expect(await ask('req_dear', { tokensNeeded: 200 })).toMatchObject({ denial: 'budget' })
      expect(await ask('req_second', { tokensWanted: 150 })).toMatchObject({ denial: null, grantedNano: 1_510n })
      expect(await ask('req_third')).toMatchObject({ denial: 'streams' })

      const request = { requestId: 'req_first', attempt: 1, gatewayId: 'gtw_a' }
      const more = { wantedNano: 1_000n, neededNano: 1n }
      expect(await under.store.extend(request, more, 10_000)).toBe(1_490n)
      expect(await under.store.extend(request, more, 10_000)).toBe(1_490n)
      expect(await under.store.extend({ ...request, gatewayId: 'gtw_b' }, more, 10_000)).toBeNull()
      const used = [
        { ...request, tokens: 50 },
        { requestId: 'req_gone', attempt: 1, tokens: 1 },
      ]
      expect(await under.store.renew('gtw_a', used, 10_000)).toMatchObject([{ requestId: 'req_first', attempt: 1 }])
      expect(await under.store.release()).toBe(0)

      const startedAt = new Date()
      const usage: UsageRecord = {
        ...{ ...owner, requestId: 'req_first', model: 'm', endpoint: 'completions', stream: false, speculation: null },
        ...{ startedAt, finishedAt: startedAt, promptTokens: 10, cachedTokens: 0, completionTokens: 40 },
        ...{ status: 'completed', errorCode: null },
      }
      await under.store.recordUsage([usage])
      expect(await under.store.extend(request, more, 10_000)).toBeNull()
      // 410 spent, 1,510 reserved: 1,080 of 3,000 are left.
      expect(await ask('req_fourth', { tokensWanted: 200 })).toMatchObject({ denial: null, grantedNano: 1_080n })
    })

    it('knows a request by the name that its tenant gave it, until it has its answer', async () => {
      const { tenantId } = (await under.store.authenticate(under.secret)) ?? { tenantId: '' }
      const [keyHash, requestHash] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]
      const request = { tenantId, keyHash, requestHash, requestId: 'req_named', seed: '5' }
      const times = { leaseMs: 60_000, keptMs: 60_000 }
      const claim = (changes = {}, gatewayId = 'gtw_a', more = times) =>
        under.store.claim({ ...request, ...changes }, gatewayId, more)
      const end = (attempt: number, gatewayId: string, answer: StoredAnswer | null) =>
        under.store.endIdempotent({ ...request, attempt }, gatewayId, answer)
      expect(await claim()).toMatchObject({ outcome: 'run', requestId: 'req_named', seed: '5', attempt: 1 })
      expect(await claim({ requestId: 'req_other' }, 'gtw_b')).toEqual({ outcome: 'running' })
      await end(1, 'gtw_a', null)
      const later = { requestId: 'req_other', seed: '6' }
      const again = await claim(later, 'gtw_b', { ...times, leaseMs: -1 })
      expect(again).toMatchObject({ outcome: 'run', requestId: 'req_named', seed: '5', attempt: 2 })
      expect(await claim(later, 'gtw_c', { ...times, leaseMs: -1 })).toMatchObject({ outcome: 'run', attempt: 3 })
      await under.store.renewClaims('gtw_c', 60_000)
      expect(await claim()).toEqual({ outcome: 'running' })
      const answer = { status: 200, contentType: 'application/json', body: Buffer.from('{}') }
      await end(2, 'gtw_b', { ...answer, body: Buffer.from('late') })
      await end(3, 'gtw_c', answer)
      expect(await claim(later)).toEqual({ outcome: 'answered', requestId: 'req_named', answer })
      expect(await claim({ requestHash: Buffer.alloc(32, 3) })).toEqual({ outcome: 'mismatch' })
      const brief = { keyHash: Buffer.alloc(32, 4), requestId: 'req_brief' }
      await claim(brief, 'gtw_a', { ...times, keptMs: -1_000 })
      expect(await claim({ ...brief, requestId: 'req_new' }, 'gtw_b', { ...times, keptMs: -1_000 })).toMatchObject({
        ...{ outcome: 'run', requestId: 'req_new', attempt: 1 },
      })
      expect(await under.store.removeExpiredClaims()).toBe(1)
      const response = { id: 'resp_named', previousId: null, input: [], response: { output: [] } }
      await under.store.saveResponse(tenantId, response, { keptMs: 60_000, countMax: 9, bytesMax: 1_000_000 })
      expect(await under.store.deleteResponse(tenantId, 'resp_named')).toBe(true)
      expect(await claim()).toMatchObject({ outcome: 'run', attempt: 1 })
    })

    it('forgets a key that was revoked', async () => {
      await under.revoke()
      expect(await under.store.authenticate(under.secret)).toBeNull()
    })
  })
}
