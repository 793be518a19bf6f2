import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import type { ObjectStore } from '../object-store/object-store.ts'

/** Two users of one empty store, as two processes would be. */
export interface OpenedStores {
  readonly stores: readonly [ObjectStore, ObjectStore]
  /** Changes what is stored under a key, as a bad disk does: behind the store's back. */
  damage(key: string, change: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>): Promise<void>
}

/** More than goes to S3 in one piece. */
const largeBytes = 17 << 20

const bytesOf = (text: string) => new TextEncoder().encode(text)

async function listed(store: ObjectStore, prefix: string): Promise<{ key: string; bytes: number }[]> {
  const found: { key: string; bytes: number }[] = []
  for await (const { key, bytes } of store.list(prefix)) found.push({ key, bytes })
  return found
}

const keysOf = async (store: ObjectStore, prefix: string) => (await listed(store, prefix)).map(({ key }) => key)

/** What every ObjectStore guarantees. `open` is called once for each group of tests. */
export function objectStoreConformance(name: string, open: () => Promise<OpenedStores>): void {
  describe(`${name} keeps the promises of ObjectStore`, () => {
    let store: ObjectStore
    let other: ObjectStore
    let damage: OpenedStores['damage']
    beforeAll(async () => {
      const opened = await open()
      ;[store, other] = opened.stores
      damage = opened.damage
    }, 300_000)

    test('what one puts, another gets, byte for byte', async () => {
      for (const [key, bytes] of [
        ['bytes/empty', new Uint8Array()],
        ['bytes/all', Uint8Array.from({ length: 256 }, (_, value) => value)],
        ['bytes/large', new Uint8Array(randomBytes(3_000_000))],
        ['bytes/parts', new Uint8Array(randomBytes(largeBytes))],
        ['bytes/A-z_0.9', bytesOf('each kind of character')],
      ] as const) {
        expect(await store.put(key, bytes)).toBe('written')
        const found = await other.get(key)
        expect(found).toHaveLength(bytes.length)
        expect(Buffer.from(found ?? []).equals(bytes)).toBe(true)
      }
    })

    test('a missing object is undefined, also where a folder is', async () => {
      await store.put('missing/folder/object', bytesOf('1'))
      expect(await store.get('missing/none')).toBeUndefined()
      expect(await store.get('missing/folder')).toBeUndefined()
      expect(await store.get('missing/folder/object/below')).toBeUndefined()
    })

    test('a put replaces; a put if absent does not', async () => {
      await store.put('replace/a', bytesOf('first'))
      expect(await other.put('replace/a', bytesOf('second'))).toBe('written')
      expect(await store.put('replace/a', bytesOf('third'), { ifAbsent: true })).toBe('exists')
      expect(await store.get('replace/a')).toEqual(bytesOf('second'))
      await store.delete('replace/a')
      expect(await store.put('replace/a', bytesOf('fourth'), { ifAbsent: true })).toBe('written')
      expect(await store.get('replace/a')).toEqual(bytesOf('fourth'))
    })

    test('of 20 writers at once exactly one is told that it wrote, and its bytes stay', async () => {
      for (let round = 0; round < 5; round += 1) {
        const key = `race/${round}`
        const outcomes = await Promise.all(
          Array.from({ length: 20 }, (_, writer) =>
            (writer % 2 ? store : other).put(key, bytesOf(`writer ${writer}`), { ifAbsent: true }),
          ),
        )
        expect(outcomes.filter((outcome) => outcome === 'written')).toHaveLength(1)
        expect(outcomes.filter((outcome) => outcome === 'exists')).toHaveLength(19)
        expect(await store.get(key)).toEqual(bytesOf(`writer ${outcomes.indexOf('written')}`))
      }
    })

    test('of writers of large objects, too, exactly one is told that it wrote', async () => {
      const outcomes = await Promise.all(
        [1, 2, 3, 4].map((writer) =>
          (writer % 2 ? store : other).put('race/large', new Uint8Array(largeBytes).fill(writer), { ifAbsent: true }),
        ),
      )
      expect(outcomes.toSorted()).toEqual(['exists', 'exists', 'exists', 'written'])
      const stored = Buffer.from((await store.get('race/large')) ?? [])
      expect(stored.equals(new Uint8Array(largeBytes).fill(outcomes.indexOf('written') + 1))).toBe(true)
      expect(await other.put('race/large', new Uint8Array(1), { ifAbsent: true })).toBe('exists')
    })

    test.each([
      ['one bit was flipped', 5, (bytes: Uint8Array<ArrayBuffer>) => bytes.fill((bytes[3] ?? 0) ^ 4, 3, 4)],
      ['the end is missing', 5, (bytes: Uint8Array<ArrayBuffer>) => bytes.slice(0, -1)],
      ['everything is missing', 5, () => new Uint8Array()],
      ['something was added', 5, (bytes: Uint8Array<ArrayBuffer>) => Uint8Array.of(...bytes, 0)],
      ['a large object’s end was zeroed', largeBytes, (bytes: Uint8Array<ArrayBuffer>) => bytes.fill(0, -4096)],
    ])('an object of which %s is not returned, until it is put again', async (_, length, change) => {
      const bytes = new Uint8Array(length).fill(7)
      await store.put('damaged/a', bytes)
      await damage('damaged/a', change)
      const corrupt = { name: 'StorageError', code: 'corrupt', retryable: false }
      for (const reader of [store, other]) {
        await expect(reader.get('damaged/a').then((found) => found?.length)).rejects.toMatchObject(corrupt)
      }
      await other.put('damaged/a', bytes)
      expect(await store.get('damaged/a')).toHaveLength(length)
      await damage('damaged/a', change)
      await store.delete('damaged/a')
      expect(await other.get('damaged/a')).toBeUndefined()
    })

    test('what replaced an object is not taken for damage, whoever reads at that moment', async () => {
      await store.put('replaced/a', bytesOf('0'))
      const write = async (writer: ObjectStore, mark: string) => {
        for (let round = 0; round < 15; round += 1) await writer.put('replaced/a', bytesOf(`${mark}${round}`))
      }
      let open = true
      const reads = (async () => {
        while (open) expect(await other.get('replaced/a')).toBeDefined()
      })()
      await Promise.all([write(store, 'a'), write(other, 'b')]).finally(() => {
        open = false
      })
      await reads
      expect(['a14', 'b14']).toContain(new TextDecoder().decode(await store.get('replaced/a')))
    })

    test('a listing says when each object was put, and again when it was replaced', async () => {
      const writtenMs = async () => {
        for await (const each of other.list('age/')) return each.writtenMs
        return undefined
      }
      await store.put('age/a', bytesOf('1'))
      const first = await writtenMs()
      // Servers tell whole seconds, and have clocks of their own.
      expect(Math.abs((first ?? 0) - Date.now())).toBeLessThan(3_600_000)
      await store.put('age/a', bytesOf('2'))
      expect(await writtenMs()).toBeGreaterThanOrEqual(first ?? Number.POSITIVE_INFINITY)
    })

    test('a reader sees the old object or the new one, never a mixture', async () => {
      const [old, fresh] = [new Uint8Array(500_000).fill(1), new Uint8Array(700_000).fill(2)]
      await store.put('whole/a', old)
      const reads = Array.from({ length: 10 }, () => other.get('whole/a'))
      const [, ...found] = await Promise.all([store.put('whole/a', fresh), ...reads])
      for (const bytes of found) {
        expect([old, fresh].some((whole) => Buffer.from(bytes ?? []).equals(whole))).toBe(true)
      }
    })

    test('a listing is in key order, with sizes, under the prefix only', async () => {
      const keys = ['list/a/b', 'list/a-b', 'list/a.b', 'list/a0', 'list/B', 'list/a/b-c', 'list/a/c/d', 'listing']
      for (const key of keys) await store.put(key, bytesOf(key))
      const inOrder = ['list/B', 'list/a-b', 'list/a.b', 'list/a/b', 'list/a/b-c', 'list/a/c/d', 'list/a0']
      expect(await listed(other, 'list/')).toEqual(inOrder.map((key) => ({ key, bytes: key.length })))
      expect(await keysOf(other, 'list/a/')).toEqual(['list/a/b', 'list/a/b-c', 'list/a/c/d'])
      expect(await keysOf(other, 'list/a/b')).toEqual(['list/a/b', 'list/a/b-c'])
      expect(await keysOf(other, 'list')).toEqual([...inOrder, 'listing'])
      expect(await keysOf(other, 'list/a/c/d/')).toEqual([])
      expect(await keysOf(other, 'nothing/')).toEqual([])
      expect(await keysOf(other, '')).toEqual((await keysOf(other, '')).sort())
    })

    test('a deleted object is gone for everyone; deleting it again, or what never was, is fine', async () => {
      await store.put('delete/a/b', bytesOf('1'))
      await store.put('delete/a/c', bytesOf('2'))
      await other.delete('delete/a/b')
      expect(await store.get('delete/a/b')).toBeUndefined()
      expect(await keysOf(store, 'delete/')).toEqual(['delete/a/c'])
      await store.delete('delete/a/b')
      await store.delete('delete/a')
      await store.delete('delete/never/was')
      expect(await store.get('delete/a/c')).toEqual(bytesOf('2'))
    })

    test('bytes that were put or got are the caller’s own', async () => {
      const given = bytesOf('mine')
      await store.put('own/a', given)
      given.fill(0)
      const got = await store.get('own/a')
      got?.fill(0)
      expect(await store.get('own/a')).toEqual(bytesOf('mine'))
    })

    const outside = ['', '/', '/a', 'a/', 'a//b', '.', '..', '../a', 'a/../../b', 'a/..', 'a/./b', 'a\\b', 'a b']
    const odd = ['a\0b', 'ä', 'a%2e%2e', '~partial/a', 'a?b', 'a'.repeat(256), `${'a/'.repeat(300)}a`]
    test.each([...outside, ...odd])('the key %j is refused by every method', async (key) => {
      const refused = expect.objectContaining({ name: 'StorageError', code: 'invalid_key' })
      await expect(store.get(key)).rejects.toEqual(refused)
      await expect(store.put(key, bytesOf('1'))).rejects.toEqual(refused)
      await expect(store.put(key, bytesOf('1'), { ifAbsent: true })).rejects.toEqual(refused)
      await expect(store.delete(key)).rejects.toEqual(refused)
    })

    test.each(['/', '../', 'a/../', 'a//', '*', 'a b'])('the prefix %j is refused', async (prefix) => {
      await expect(keysOf(store, prefix)).rejects.toMatchObject({ name: 'StorageError', code: 'invalid_key' })
    })

    test('any sequence of calls leaves what a map would hold', async () => {
      const key = fc.constantFrom('p', 'q', 'r/s', 'r/t', 'r-s/u').map((tail) => `sequence/${tail}`)
      const bytes = fc.uint8Array({ maxLength: 8 })
      const call = fc.oneof(
        fc.record({ kind: fc.constant('put'), key, bytes, ifAbsent: fc.boolean() }),
        fc.record({ kind: fc.constant('delete'), key, bytes, ifAbsent: fc.constant(false) }),
      )
      await fc.assert(
        fc.asyncProperty(fc.array(call, { maxLength: 12 }), async (calls) => {
          for (const each of await keysOf(store, 'sequence/')) await store.delete(each)
          const map = new Map<string, Uint8Array>()
          for (const { kind, key, bytes, ifAbsent } of calls) {
            if (kind === 'delete') {
              await store.delete(key)
              map.delete(key)
              continue
            }
            const taken = ifAbsent && map.has(key)
            expect(await store.put(key, bytes, { ifAbsent })).toBe(taken ? 'exists' : 'written')
            if (!taken) map.set(key, bytes)
          }
          const expected = [...map].map(([key, { length }]) => ({ key, bytes: length }))
          expect(await listed(other, 'sequence/')).toEqual(expected.sort((a, b) => (a.key < b.key ? -1 : 1)))
          for (const [key, bytes] of map) expect(await other.get(key)).toEqual(bytes)
        }),
        { numRuns: 15 },
      )
    })
  })
}
