import { randomUUID } from 'node:crypto'
import type { Dirent } from 'node:fs'
import { link, readdir, rename, rm, stat, unlink } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { checkKey, checkPrefix, isKey } from '../key.ts'
import { type ObjectStore, StorageError, type StoredObject } from '../object-store.ts'
import { sha256 } from '../sha256.ts'
import { Checksums } from './checksums.ts'
import {
  attemptsMax,
  codeOf,
  failure,
  flushFolder,
  inodeOf,
  isFile,
  makeFolder,
  partialsFolder,
  removeEmptyFolders,
  timeOf,
  unlessMissing,
  withFile,
  writeFlushed,
} from './files.ts'

/** A partial file this old has lost its writer. */
const abandonedAfterMs = 24 * 3_600_000

/**
 * Objects as files under `root`, by their keys; any number of processes may share it.
 *
 * An object is written beside the others, flushed to disk, and then takes its name in one step: `rename` to replace,
 * `link` (which fails when the name is taken) for `ifAbsent`. Its checksum lies beside it (`Checksums`). A file that
 * somebody laid into the folder is an object without one, and is taken as it is.
 */
export class FileSystemObjectStore implements ObjectStore {
  readonly #root: string
  readonly #checksums: Checksums
  #swept = false

  constructor(root: string) {
    this.#root = resolve(root)
    this.#checksums = new Checksums(this.#root)
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    checkKey(key)
    for (let attempt = 1; ; attempt += 1) {
      const found = await unlessMissing(this.#read(key))
      if (found === undefined || found.state === 'sound') return found?.bytes
      // 'outdated': replaced or deleted while it was read.
      if (found.state === 'corrupt' || attempt === attemptsMax) {
        throw new StorageError('corrupt', `${key}: the file's bytes are not those that were put`)
      }
    }
  }

  async put(key: string, bytes: Uint8Array, options: { ifAbsent?: boolean } = {}): Promise<'written' | 'exists'> {
    checkKey(key)
    const partial = join(this.#root, partialsFolder, randomUUID())
    try {
      await makeFolder(dirname(partial))
      await this.#sweep()
      const inode = await writeFlushed(partial, bytes)
      await this.#checksums.add(key, await sha256(bytes), { inode, partial })
      return await this.#name(partial, key, options.ifAbsent ?? false)
    } catch (error) {
      throw failure(error)
    } finally {
      await this.#clear(partial, key).catch(() => {}) // else `#sweep` and the next `put` do
    }
  }

  async *list(prefix: string): AsyncIterable<StoredObject> {
    checkPrefix(prefix)
    yield* this.#walk(prefix.slice(0, prefix.lastIndexOf('/') + 1), prefix)
  }

  async delete(key: string): Promise<void> {
    checkKey(key)
    const path = join(this.#root, key)
    if (await isFile(path)) await unlessMissing(unlink(path))
    await this.#checksums.prune(key)
    await removeEmptyFolders(dirname(path), this.#root)
  }

  /** The file stays open until its checksum is known, so that no other one can have its inode. */
  #read(key: string): Promise<{ bytes: Uint8Array; state: 'sound' | 'corrupt' | 'outdated' }> {
    const path = join(this.#root, key)
    return withFile(path, 'r', async (file) => {
      const { buffer, byteOffset, byteLength } = await file.readFile()
      const bytes = new Uint8Array(buffer, byteOffset, byteLength)
      const checksums = await this.#checksums.of(key)
      if (checksums.includes(await sha256(bytes))) return { bytes, state: 'sound' }
      const { ino } = await file.stat({ bigint: true })
      if ((await inodeOf(path)) !== ino) return { bytes, state: 'outdated' }
      return { bytes, state: checksums.length === 0 ? 'sound' : 'corrupt' }
    })
  }

  /** Gives the written file its name. Tried again when a `delete` removed the empty folder in between. */
  async #name(partial: string, key: string, ifAbsent: boolean): Promise<'written' | 'exists'> {
    const path = join(this.#root, key)
    for (let attempt = 1; ; attempt += 1) {
      try {
        await makeFolder(dirname(path))
        await (ifAbsent ? link(partial, path) : rename(partial, path))
        // Missing: a `delete` took object and folder already.
        await unlessMissing(flushFolder(dirname(path)))
        return 'written'
      } catch (error) {
        const code = codeOf(error)
        if (code === 'ENOENT' && attempt < attemptsMax) continue
        if (code === 'EEXIST' && ifAbsent && (await isFile(path))) return 'exists'
        // Deleted since: the name is free again.
        if (code === 'EEXIST' && attempt < attemptsMax && (await inodeOf(path)) === undefined) continue
        if (code === 'EEXIST' || code === 'EISDIR' || code === 'ENOTDIR') {
          const message = `${key}: one of this key and its beginnings is an object, another is a folder of objects`
          throw new StorageError('invalid_key', message, { cause: error })
        }
        throw error
      }
    }
  }

  async #clear(partial: string, key: string): Promise<void> {
    await rm(partial, { force: true })
    await this.#checksums.prune(key)
  }

  /** Depth first; a folder sorts as its name and a slash, which makes the order that of whole keys. */
  async *#walk(folder: string, prefix: string): AsyncIterable<StoredObject> {
    const entries = (await unlessMissing(readdir(join(this.#root, folder), { withFileTypes: true }))) ?? []
    for (const key of entries.flatMap((entry) => keyOf(folder, entry)).sort()) {
      if (!key.startsWith(prefix.slice(0, key.length))) continue
      if (key.endsWith('/')) yield* this.#walk(key, prefix)
      else if (key.startsWith(prefix)) {
        const found = await unlessMissing(stat(join(this.#root, key)))
        if (found) yield { key, bytes: found.size, writtenMs: found.mtimeMs }
      }
    }
  }

  /** Once per store: what writers left behind that were killed. */
  async #sweep(): Promise<void> {
    if (this.#swept) return
    this.#swept = true
    const folder = join(this.#root, partialsFolder)
    const nowMs = await timeOf(folder)
    for (const name of (await unlessMissing(readdir(folder))) ?? []) {
      const found = await unlessMissing(stat(join(folder, name)))
      if (found && nowMs - found.mtimeMs > abandonedAfterMs) await rm(join(folder, name), { force: true })
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
