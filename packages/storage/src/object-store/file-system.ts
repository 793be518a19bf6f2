import { randomUUID } from 'node:crypto'
import type { Dirent } from 'node:fs'
import {
  type FileHandle,
  link,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  rmdir,
  stat,
  unlink,
} from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { checkKey, checkPrefix, isKey } from './key.ts'
import { type ObjectStore, StorageError, type StoredObject } from './object-store.ts'

/** No key can contain '~', so what is being written is never listed or read. */
const partialsFolder = '~partial'

/** A partial file this old has lost its writer. */
const abandonedAfterMs = 24 * 3_600_000

/** Others may delete the folder or the object under our hands; that so many do is a fault. */
const attemptsMax = 10

/**
 * Objects as files under `root`, by their keys; any number of processes may share it.
 *
 * An object is written beside the others, flushed to disk, and then takes its name in one step: `rename` to replace,
 * `link` (which fails when the name is taken) for `ifAbsent`.
 */
export class FileSystemObjectStore implements ObjectStore {
  readonly #root: string
  readonly #clock: () => number
  #swept = false

  constructor(root: string, clock: () => number = Date.now) {
    this.#root = resolve(root)
    this.#clock = clock
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    checkKey(key)
    const found = await unlessMissing(readFile(join(this.#root, key)))
    return found && new Uint8Array(found.buffer, found.byteOffset, found.byteLength)
  }

  async put(key: string, bytes: Uint8Array, options: { ifAbsent?: boolean } = {}): Promise<'written' | 'exists'> {
    checkKey(key)
    const partial = join(this.#root, partialsFolder, randomUUID())
    try {
      await this.#sweep()
      await mkdir(dirname(partial), { recursive: true })
      await writeFlushed(partial, bytes)
      return await this.#name(partial, key, options.ifAbsent ?? false)
    } catch (error) {
      throw error instanceof StorageError ? error : failure(error)
    } finally {
      await rm(partial, { force: true }).catch(() => {}) // else `#sweep` takes it
    }
  }

  async *list(prefix: string): AsyncIterable<StoredObject> {
    checkPrefix(prefix)
    yield* this.#walk(prefix.slice(0, prefix.lastIndexOf('/') + 1), prefix)
  }

  async delete(key: string): Promise<void> {
    checkKey(key)
    const path = join(this.#root, key)
    if (!(await isFile(path))) return
    await unlessMissing(unlink(path))
    // Names of folders tell too (a tenant's id), so they go with the last object in them.
    for (let folder = dirname(path); folder.length > this.#root.length; folder = dirname(folder)) {
      if (!(await removeEmpty(folder))) return
    }
  }

  /** Gives the written file its name. Tried again when a `delete` removed the empty folder in between. */
  async #name(partial: string, key: string, ifAbsent: boolean): Promise<'written' | 'exists'> {
    const path = join(this.#root, key)
    for (let attempt = 1; ; attempt += 1) {
      try {
        await mkdir(dirname(path), { recursive: true })
        await (ifAbsent ? link(partial, path) : rename(partial, path))
        await flushFolder(dirname(path))
        return 'written'
      } catch (error) {
        const code = codeOf(error)
        if (code === 'ENOENT' && attempt < attemptsMax) continue
        if (code === 'EEXIST' && ifAbsent && (await isFile(path))) return 'exists'
        // Deleted since: the name is free again.
        if (code === 'EEXIST' && attempt < attemptsMax && !(await exists(path))) continue
        if (code === 'EEXIST' || code === 'EISDIR' || code === 'ENOTDIR') {
          const message = `${key}: one of this key and its beginnings is an object, another is a folder of objects`
          throw new StorageError('invalid_key', message, { cause: error })
        }
        throw error
      }
    }
  }

  /** Depth first; a folder sorts as its name and a slash, which makes the order that of whole keys. */
  async *#walk(folder: string, prefix: string): AsyncIterable<StoredObject> {
    const entries = (await unlessMissing(readdir(join(this.#root, folder), { withFileTypes: true }))) ?? []
    for (const key of entries.flatMap((entry) => keyOf(folder, entry)).sort()) {
      if (!key.startsWith(prefix.slice(0, key.length))) continue
      if (key.endsWith('/')) yield* this.#walk(key, prefix)
      else if (key.startsWith(prefix)) {
        const found = await unlessMissing(stat(join(this.#root, key)))
        if (found) yield { key, bytes: found.size }
      }
    }
  }

  /** Once per store: what writers left behind that were killed. */
  async #sweep(): Promise<void> {
    if (this.#swept) return
    this.#swept = true
    const folder = join(this.#root, partialsFolder)
    for (const name of (await unlessMissing(readdir(folder))) ?? []) {
      const found = await unlessMissing(stat(join(folder, name)))
      if (found && this.#clock() - found.mtimeMs > abandonedAfterMs) await rm(join(folder, name), { force: true })
    }
  }
}

/** Nothing for what `put` did not write, partial files above all. */
function keyOf(folder: string, entry: Dirent): string[] {
  const key = `${folder}${entry.name}`
  if (!isKey(key)) return []
  if (entry.isDirectory()) return [`${key}/`]
  return entry.isFile() ? [key] : []
}

async function writeFlushed(path: string, bytes: Uint8Array): Promise<void> {
  await withFile(path, 'wx', async (file) => {
    await file.writeFile(bytes)
    await file.sync()
  })
}

/** A new name is on disk only when its folder is. */
const flushFolder = (path: string) => withFile(path, 'r', (folder) => folder.sync())

async function withFile(path: string, flags: string, use: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(path, flags)
  try {
    await use(file)
  } finally {
    await file.close()
  }
}

async function removeEmpty(folder: string): Promise<boolean> {
  try {
    await rmdir(folder)
    return true
  } catch {
    return false // not empty, or already gone
  }
}

const exists = async (path: string) => (await unlessMissing(stat(path))) !== undefined

const isFile = async (path: string) => (await unlessMissing(stat(path)))?.isFile() ?? false

/** A path through a file, or to a folder, is a missing object too. */
async function unlessMissing<T>(result: Promise<T>): Promise<T | undefined> {
  try {
    return await result
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(codeOf(error))) return undefined
    throw failure(error)
  }
}

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : '')

function failure(error: unknown): StorageError {
  const denied = ['EACCES', 'EPERM', 'EROFS'].includes(codeOf(error))
  const reason = error instanceof Error ? error.message : String(error)
  return new StorageError(denied ? 'denied' : 'failed', `object store: ${reason}`, { cause: error })
}
