import { describe, expect, it } from 'vitest'
import type { AuthenticatedKey } from '../store.ts'
import { MemoryStore } from '../testing/memory-store.ts'
import { KeyCache } from './key-cache.ts'

const resolved = { learning: true, forgottenAt: null, weight: 1, bounds: 'none', adapters: [], canaries: [] } as const
const owner: AuthenticatedKey = {
  keyId: 'key_a',
  scopes: ['inference'],
  validForMs: null,
  tenantId: 'ten_a',
  tenantName: 'a',
  ...resolved,
}

function create() {
  const store = new MemoryStore()
  store.keys.set('ftk_good', owner)
  const clock = { nowMs: 0 }
  const cache = new KeyCache(store, { trustMs: 10_000, databaseMsMax: 1_000, now: () => clock.nowMs })
  return { store, cache, clock }
}

describe('the key cache', () => {
  it('asks once for a burst and again when trust ends', async () => {
    const { store, cache, clock } = create()
    await Promise.all(Array.from({ length: 50 }, () => cache.authenticate('ftk_good')))
    clock.nowMs = 9_999
    expect(await cache.authenticate('ftk_good')).toEqual(owner)
    expect(store.authentications).toBe(1)
    clock.nowMs = 10_000
    await cache.authenticate('ftk_good')
    expect(store.authentications).toBe(2)
  })

  it('honours a revocation within the time of trust', async () => {
    const { store, cache, clock } = create()
    await cache.authenticate('ftk_good')
    store.keys.clear()
    clock.nowMs = 10_000
    expect(await cache.authenticate('ftk_good')).toBeNull()
  })

  it('lets a new key in at once, also one that was tried before it existed', async () => {
    const { store, cache } = create()
    expect(await cache.authenticate('ftk_new')).toBeNull()
    store.keys.set('ftk_new', owner)
    expect(await cache.authenticate('ftk_new')).toEqual(owner)
  })

  it('asks anew about the keys of a tenant that changed, and of no other', async () => {
    const { store, cache } = create()
    store.keys.set('ftk_other', { ...owner, tenantId: 'ten_b' })
    for (const key of ['ftk_good', 'ftk_other']) await cache.authenticate(key)
    cache.drop('ten_a')
    const adapter = {
      id: 'adp_1',
      target: { name: 'm', fingerprint: 'f1' },
      contentHash: '00',
      key: 'adapters/ten_a/adp_1',
    }
    store.keys.set('ftk_good', { ...owner, adapters: [adapter] })
    expect((await cache.authenticate('ftk_good'))?.adapters).toEqual([adapter])
    await cache.authenticate('ftk_other')
    expect(store.authentications).toBe(3)
  })

  it('asks about every key anew when changes may have been missed', async () => {
    const { store, cache } = create()
    await cache.authenticate('ftk_good')
    store.keys.clear()
    cache.dropAll()
    expect(await cache.authenticate('ftk_good')).toBeNull()
  })

  it('keeps no answer that was on its way when something changed, nor waits for it', async () => {
    const answers: ((key: AuthenticatedKey | null) => void)[] = []
    const store = { authenticate: () => new Promise<AuthenticatedKey | null>((resolve) => answers.push(resolve)) }
    const cache = new KeyCache(store, { trustMs: 10_000, databaseMsMax: 60_000, now: () => 0 })
    const before = cache.authenticate('ftk_good')
    cache.drop('ten_a')
    const after = cache.authenticate('ftk_good')
    expect(answers).toHaveLength(2)
    answers[1]?.(null)
    expect(await after).toBeNull()
    answers[0]?.(owner)
    await before
    void cache.authenticate('ftk_good')
    expect(answers).toHaveLength(3)
  })

  it('trusts an answer no longer than the key is valid', async () => {
    const { store, cache, clock } = create()
    store.keys.set('ftk_short', { ...owner, validForMs: 500 })
    await cache.authenticate('ftk_short')
    clock.nowMs = 499
    await cache.authenticate('ftk_short')
    expect(store.authentications).toBe(1)
    store.keys.delete('ftk_short')
    clock.nowMs = 500
    expect(await cache.authenticate('ftk_short')).toBeNull()
  })

  it('tells an outage from a wrong key', async () => {
    const { store, cache } = create()
    store.outage = new Error('down')
    await expect(cache.authenticate('ftk_good')).rejects.toMatchObject({ code: 'authentication_unavailable' })
    store.outage = null
    expect(await cache.authenticate('ftk_good')).toEqual(owner)
  })
})
