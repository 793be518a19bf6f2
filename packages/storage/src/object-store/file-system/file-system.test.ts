import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { objectStoreConformance } from '../../testing/object-store-conformance.ts'
import { FileSystemObjectStore } from './file-system.ts'
import { failure } from './files.ts'

const folders: string[] = []
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))))

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'foretoken-storage-'))
  folders.push(folder)
  return folder
}

objectStoreConformance('the file system', async () => {
  const folder = await newFolder()
  return {
    stores: [new FileSystemObjectStore(folder), new FileSystemObjectStore(folder)],
    damage: async (key, change) => {
      const path = join(folder, key)
      await writeFile(path, change(new Uint8Array(await readFile(path))))
    },
  }
})

const bytes = Uint8Array.of(1, 2, 3)
const partials = (folder: string) => readdir(join(folder, '~partial'))

/** Processes that wait to put the same key; each comes with the lines that it prints. */
function startWriters(folder: string, count: number, length: number) {
  const script = fileURLToPath(new URL('../../testing/put-from-process.ts', import.meta.url))
  return Array.from({ length: count }, (_, index) => {
    const writer = spawn(process.execPath, ['--import', 'tsx', script, folder, 'a/b', String(index), String(length)])
    return { writer, lines: createInterface(writer.stdout)[Symbol.asyncIterator]() }
  })
}

test('of writers in several processes exactly one is told that it wrote', async () => {
  const folder = await newFolder()
  const writers = startWriters(folder, 4, 2_000_000)
  for (const { lines } of writers) expect((await lines.next()).value).toBe('ready')
  for (const { writer } of writers) writer.stdin.write('go\n')
  const outcomes = await Promise.all(writers.map(async ({ lines }) => (await lines.next()).value))
  expect(outcomes.toSorted()).toEqual(['exists', 'exists', 'exists', 'written'])
  const stored = await new FileSystemObjectStore(folder).get('a/b')
  expect(stored).toEqual(new Uint8Array(2_000_000).fill(outcomes.indexOf('written')))
  expect(await partials(folder)).toEqual([])
})

test('a writer that is killed leaves a whole object or none', async () => {
  const folder = await newFolder()
  const store = new FileSystemObjectStore(folder)
  for (const { writer, lines } of startWriters(folder, 2, 100_000_000)) {
    await lines.next()
    const ended = once(writer, 'close')
    writer.stdin.write('go\n')
    while ((await partials(folder).catch(() => [])).length === 0 && !(await store.get('a/b'))) await setImmediate()
    writer.kill('SIGKILL')
    await ended
    const found = await store.get('a/b')
    expect([undefined, 100_000_000]).toContain(found?.length)
    await rm(join(folder, '~partial'), { recursive: true, force: true })
  }
})

test('what a killed writer left is never an object, and goes after a day', async () => {
  const folder = await newFolder()
  await mkdir(join(folder, '~partial'))
  await writeFile(join(folder, '~partial', 'half'), bytes)
  const store = new FileSystemObjectStore(folder)
  await store.put('a', bytes)
  expect(await partials(folder)).toEqual(['half'])
  expect(await store.list('')[Symbol.asyncIterator]().next()).toMatchObject({ value: { key: 'a' } })
  const { mtimeMs } = await stat(join(folder, '~partial', 'half'))
  const yesterday = mtimeMs / 1_000 - 25 * 3_600
  await utimes(join(folder, '~partial', 'half'), yesterday, yesterday)
  await new FileSystemObjectStore(folder).put('b', bytes)
  expect(await partials(folder)).toEqual([])
})

test('a disk that is full may have room later, one that may not be written will not', () => {
  const of = (code: string) => failure(Object.assign(new Error(code), { code }))
  for (const code of ['ENOSPC', 'EDQUOT', 'EMFILE', 'EIO']) {
    expect(of(code)).toMatchObject({ code: 'unreachable', retryable: true })
  }
  expect(of('EROFS')).toMatchObject({ code: 'denied', retryable: false })
  expect(of('ENAMETOOLONG')).toMatchObject({ code: 'failed', retryable: false })
})

test('a put that fails leaves the old object and nothing half', async () => {
  const folder = await newFolder()
  const store = new FileSystemObjectStore(folder)
  await store.put('a/b', bytes)
  const clash = { code: 'invalid_key', message: expect.stringContaining('is a folder of objects') }
  await expect(store.put('a', bytes)).rejects.toMatchObject(clash)
  await expect(store.put('a', bytes, { ifAbsent: true })).rejects.toMatchObject(clash)
  await expect(store.put('a/b/c', bytes)).rejects.toMatchObject(clash)
  expect(await store.get('a/b')).toEqual(bytes)
  expect(await partials(folder)).toEqual([])
})

test('the last object of a folder takes the folder with it, so that no name stays', async () => {
  const folder = await newFolder()
  const store = new FileSystemObjectStore(folder)
  await store.put('traces/ten_1/day/a', bytes)
  await store.put('traces/ten_2/a', bytes)
  await store.delete('traces/ten_1/day/a')
  expect(await readdir(join(folder, 'traces'))).toEqual(['ten_2'])
  await store.delete('traces/ten_2/a')
  expect(await readdir(folder)).toEqual(['~partial'])
})

test('puts and deletes that race for a folder all succeed', async () => {
  const folder = await newFolder()
  const store = new FileSystemObjectStore(folder)
  const churn = Array.from({ length: 8 }, async (_, writer) => {
    for (let round = 0; round < 25; round += 1) {
      expect(await store.put(`a/b/c/${writer}`, bytes, { ifAbsent: true })).toBe('written')
      await store.delete(`a/b/c/${writer}`)
    }
  })
  await Promise.all(churn)
  expect(await readdir(folder)).toEqual(['~partial'])
})

test('an object is a plain file, and one that a person laid down is an object', async () => {
  const folder = await newFolder()
  const store = new FileSystemObjectStore(folder)
  await store.put('a/b', bytes)
  expect(new Uint8Array(await readFile(join(folder, 'a/b')))).toEqual(bytes)
  await writeFile(join(folder, 'a/c'), bytes)
  expect(await store.get('a/c')).toEqual(bytes)
  expect(await store.put('a/c', bytes, { ifAbsent: true })).toBe('exists')
  expect(await store.get('a/c')).toEqual(bytes)
})

test('a copy of the folder is read as the folder is, and damage shows in it', async () => {
  const [folder, parent] = [await newFolder(), await newFolder()]
  await new FileSystemObjectStore(folder).put('a/b', bytes)
  await cp(folder, join(parent, 'copy'), { recursive: true })
  const copy = new FileSystemObjectStore(join(parent, 'copy'))
  expect(await copy.get('a/b')).toEqual(bytes)
  await writeFile(join(parent, 'copy/a/b'), bytes.toReversed())
  await expect(copy.get('a/b')).rejects.toMatchObject({ code: 'corrupt' })
})

test('writers that replace, write once and delete one key at once leave one checksum, or nothing', async () => {
  const folder = await newFolder()
  const churn = (seed: number) => async () => {
    const store = new FileSystemObjectStore(folder)
    for (let round = 0; round < 20; round += 1) {
      await store.put('a/b', Uint8Array.of(seed), { ifAbsent: (seed + round) % 3 === 0 })
      if ((seed + round) % 4 === 0) await store.delete('a/b')
      await store.get('a/b')
    }
  }
  await Promise.all([1, 2, 3, 4].map((seed) => churn(seed)()))
  const store = new FileSystemObjectStore(folder)
  await store.put('a/b', bytes)
  expect(await readdir(join(folder, '~checksums/a/b'))).toHaveLength(1)
  await store.delete('a/b')
  expect(await readdir(folder)).toEqual(['~partial'])
})

test('a symbolic link in the folder is not followed by listings', async () => {
  const [folder, elsewhere] = [await newFolder(), await newFolder()]
  await writeFile(join(elsewhere, 'secret'), bytes)
  await symlink(elsewhere, join(folder, 'link'))
  expect(await new FileSystemObjectStore(folder).list('')[Symbol.asyncIterator]().next()).toMatchObject({ done: true })
})

test('a folder that cannot be used is named', async () => {
  const folder = await newFolder()
  await writeFile(join(folder, 'file'), bytes)
  const store = new FileSystemObjectStore(join(folder, 'file'))
  await expect(store.put('a', bytes)).rejects.toMatchObject({
    name: 'StorageError',
    message: expect.stringContaining(join(folder, 'file')),
  })
})
