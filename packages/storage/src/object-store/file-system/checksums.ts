import { randomUUID } from 'node:crypto'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import {
  attemptsMax,
  checksumsFolder,
  codeOf,
  flushFolder,
  inodeOf,
  makeFolder,
  partialsFolder,
  removeEmptyFolders,
  unlessMissing,
} from './files.ts'

/**
 * What was put, by its SHA-256, beside the objects, which so stay plain files that any tool reads.
 *
 * Each is an empty file: `~checksums/{key}/{SHA-256}.{inode of the object's file}.{UUID}`. It is on disk before the
 * object has its name, and goes when the object lost it, so that at no time an object that was put lacks its own. While
 * an object is replaced there are several. The inode tells which are in use: of the file that has the key, or of one that
 * is about to (it lies in `~partial` until then). Where inodes changed, in a copy of the folder, checksums hold as before
 * until the next change of the key.
 */
export class Checksums {
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  /** The SHA-256 that the object may have; none of an object that was not put here. */
  async of(key: string): Promise<string[]> {
    return (await this.#names(key)).map((name) => name.slice(0, name.indexOf('.')))
  }

  async add(key: string, sha256: string, inode: bigint): Promise<void> {
    const path = join(this.#folder(key), `${sha256}.${inode}.${randomUUID()}`)
    for (let attempt = 1; ; attempt += 1) {
      try {
        await makeFolder(dirname(path))
        await writeFile(path, '')
        return await flushFolder(dirname(path))
      } catch (error) {
        // Another removed the empty folder in between.
        if (codeOf(error) !== 'ENOENT' || attempt === attemptsMax) throw error
      }
    }
  }

  /**
   * Removes what is not in use. The order keeps what others are about to name: who has written its checksum has its file
   * in `~partial` at that time, and later under the key.
   */
  async prune(key: string): Promise<void> {
    const names = await this.#names(key)
    const used = new Set([...(await this.#partials()), await inodeOf(join(this.#root, key))].map(String))
    for (const name of names) {
      if (!used.has(name.split('.')[1] ?? '')) await rm(join(this.#folder(key), name), { force: true })
    }
    await removeEmptyFolders(this.#folder(key), this.#root)
  }

  async #partials(): Promise<(bigint | undefined)[]> {
    const folder = join(this.#root, partialsFolder)
    const names = (await unlessMissing(readdir(folder))) ?? []
    return Promise.all(names.map((name) => inodeOf(join(folder, name))))
  }

  async #names(key: string): Promise<string[]> {
    const entries = (await unlessMissing(readdir(this.#folder(key), { withFileTypes: true }))) ?? []
    return entries.flatMap((entry) => (entry.isFile() ? [entry.name] : []))
  }

  #folder(key: string): string {
    return join(this.#root, checksumsFolder, key)
  }
}
