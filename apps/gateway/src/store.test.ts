import {
  createApiKey,
  createCandidate,
  createTenant,
  openDatabase,
  promoteDraft,
  revokeApiKey,
  usageTotals,
} from '@foretoken/db'
import { temporaryDatabase } from '@foretoken/db/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgresStore, type Store, type UsageRecord } from './store.ts'
import { MemoryStore } from './testing/memory-store.ts'

interface StoreUnderTest {
  readonly store: Store
  /** A key that opens something. */
  readonly secret: string
  readonly revoke: () => Promise<unknown>
  readonly rowsOf: (tenantId: string) => Promise<number>
  readonly close: () => Promise<void>
}

const adapter = { id: 'adp_2', contentHash: '02', key: 'adapters/a/adp_2' }
const fallback = { id: 'adp_1', contentHash: '01', key: 'adapters/a/adp_1' }

describeStore('the store in memory', async () => {
  const store = new MemoryStore()
  const secret = 'ftk_memory'
  store.keys.set(secret, {
    ...{ keyId: 'key_a', tenantId: 'ten_a', tenantName: 'a' },
    ...{ learning: true, forgottenAt: null, weight: 1, bounds: 'none', adapter },
  })
  store.fallback = fallback
  return {
    store,
    secret,
    revoke: async () => store.keys.delete(secret),
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
  for (const { id, contentHash, key } of [fallback, adapter]) {
    await createCandidate(db, { id, tenantId, contentHash, artifactUri: key })
    await promoteDraft(db, tenantId, id, 'better')
  }
  const always = { from: new Date(0), to: new Date('2100-01-01') }
  return {
    store: postgresStore(db, pepper),
    secret,
    revoke: () => revokeApiKey(db, { tenantId, keyId }),
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
      const resolve = async () => (await under.store.authenticate(under.secret)) ?? { tenantId: '', adapter: null }
      const { tenantId, ...resolved } = await resolve()
      expect(resolved).toMatchObject({ learning: true, forgottenAt: null, weight: 1, adapter })
      expect(await under.store.rejectDraft('ten_other', adapter.id, 'foreign')).toMatchObject({ changed: false })
      expect(await under.store.rejectDraft(tenantId, adapter.id, 'bad')).toEqual({ changed: true, live: fallback.id })
      expect(await under.store.rejectDraft(tenantId, adapter.id, 'bad')).toEqual({ changed: false, live: fallback.id })
      expect((await resolve()).adapter).toEqual(fallback)
    })

    it('forgets a key that was revoked', async () => {
      await under.revoke()
      expect(await under.store.authenticate(under.secret)).toBeNull()
    })
  })
}
