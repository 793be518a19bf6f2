import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { contentHash } from '@foretoken/drafting'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AdapterDisk } from './disk.ts'
import { ADAPTER_FILES, type AdapterFiles } from './files.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'foretoken-disk-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const BYTES = 100
const [WEIGHTS, CONFIG] = ADAPTER_FILES

function adapter(n: number, id = `adp_${n}`) {
  const weights = new Uint8Array(BYTES - 10).fill(n)
  const files: AdapterFiles = new Map([
    [WEIGHTS, weights],
    [CONFIG, new Uint8Array(10).fill(n)],
  ])
  return { ref: { id, contentHash: contentHash(weights) }, files }
}

const open = (bytesMax = 10 * BYTES, worth: (tenant: string) => number = () => 100) =>
  new AdapterDisk({ folder, bytesMax, worthMs: (tenant) => worth(tenant) })

/** But for the checksums that the store keeps of them, which are empty. */
function filesOnDisk(): string[] {
  const all = readdirSync(folder, { recursive: true, withFileTypes: true })
  const paths = all.flatMap((entry) => (entry.isFile() ? [join(entry.parentPath, entry.name)] : [])).sort()
  return paths.filter((path) => !path.startsWith(join(folder, '~')))
}

describe('what a disk keeps', () => {
  it('is read as it came, also after a restart, by its own tenant alone', async () => {
    const [one, two] = [adapter(1), adapter(2)]
    const before = open()
    await before.write(one.ref, 'ten_a', one.files)
    await before.write(two.ref, 'ten_b', two.files)
    for (const disk of [before, open()]) {
      expect(await disk.read(one.ref, 'ten_a')).toEqual(one.files)
      expect(await disk.read(two.ref, 'ten_b')).toEqual(two.files)
      expect(await disk.read(one.ref, 'ten_b')).toBeUndefined()
      expect(disk.statistics).toMatchObject({ adapters: 2, bytes: 2 * BYTES })
    }
  })

  it('and was changed in any byte was never there, and its files go', async () => {
    const { ref, files } = adapter(1)
    await fc.assert(
      fc.asyncProperty(fc.boolean(), fc.nat(9), fc.integer({ min: 1, max: 255 }), async (weights, at, flip) => {
        const disk = open()
        await disk.write(ref, 'ten_a', files)
        const path = filesOnDisk()[weights ? 1 : 0] ?? ''
        const bytes = readFileSync(path)
        bytes[at] = (bytes[at] ?? 0) ^ flip
        writeFileSync(path, bytes)
        expect(await open().read(ref, 'ten_a')).toBeUndefined()
        expect(filesOnDisk()).toEqual([])
      }),
      { numRuns: 20 },
    )
  })

  it('and was cut short, lost a file, or has other weights than were promoted was never there', async () => {
    const { ref, files } = adapter(1)
    for (const damage of [
      (path = '') => writeFileSync(path, readFileSync(path).subarray(1)),
      (path = '') => rmSync(path),
    ]) {
      await open().write(ref, 'ten_a', files)
      damage(filesOnDisk()[0])
      const disk = open()
      expect(await disk.read(ref, 'ten_a')).toBeUndefined()
      expect(disk.statistics).toMatchObject({ adapters: 0, bytes: 0 })
    }
    await open().write(ref, 'ten_a', files)
    expect(await open().read(adapter(2, ref.id).ref, 'ten_a')).toBeUndefined()
    expect(filesOnDisk()).toEqual([])
  })

  it('stays within its bytes: what saves least goes, and what saves less is not kept', async () => {
    const worth: Record<string, number> = { ten_a: 50, ten_b: 30, ten_c: 40, ten_d: 20 }
    const disk = open(2 * BYTES, (tenant) => worth[tenant] ?? 0)
    for (const [n, tenant] of Object.keys(worth).entries()) await disk.write(adapter(n).ref, tenant, adapter(n).files)
    const kept = () => filesOnDisk().map((path) => path.slice(folder.length + 1, folder.length + 6))
    expect([...new Set(kept())]).toEqual(['ten_a', 'ten_c'])
    expect(disk.statistics).toEqual({ adapters: 2, bytes: 2 * BYTES, evictions: 1, loads: 3 })
    // A smaller quota after a restart holds too.
    expect(await open(BYTES).list()).toEqual(['ten_a/adp_0'])
    expect([...new Set(kept())]).toEqual(['ten_a'])
  })

  it('of a tenant that is forgotten goes, the folder too, also while it is written', async () => {
    const disk = open()
    await disk.write(adapter(1).ref, 'ten_a', adapter(1).files)
    await disk.write(adapter(2).ref, 'ten_a', adapter(2).files)
    await disk.write(adapter(3).ref, 'ten_b', adapter(3).files)
    await disk.forget('ten_a', 'adp_2')
    expect(await disk.list()).toEqual(['ten_a/adp_2', 'ten_b/adp_3'])
    for (let turn = 0; turn < 20; turn++) {
      const writing = disk.write(adapter(4).ref, 'ten_a', adapter(4).files)
      for (let wait = 0; wait < turn; wait++) await new Promise((resolve) => setImmediate(resolve))
      await Promise.all([disk.forget('ten_a'), writing])
      expect(readdirSync(folder)).not.toContain('ten_a')
    }
    expect(filesOnDisk().length).toBe(2)
    expect(disk.statistics).toMatchObject({ adapters: 1, bytes: BYTES })
  })

  it('of a tenant whose name can be no folder is nothing, and costs no room', async () => {
    const disk = open()
    await expect(disk.write(adapter(1).ref, '../a', adapter(1).files)).rejects.toThrow('not a key')
    expect(disk.statistics).toMatchObject({ adapters: 0, bytes: 0 })
  })
})
