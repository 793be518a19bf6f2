import { readdir, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
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
 * Each is an empty file: `~checksums/{key}/{SHA-256}.{inode of the object's file}.{its name in ~partial}`. It is on
 * disk before the object has its name, and goes when the object lost it, so that at no time an object that was put
 * lacks its own. While an object is replaced there are several. In use is that of the file that has the key, by its
 * inode, or of one that is about to, by its name: it lies in `~partial` until then, and a file of another key may have
 * an inode that was used before. Where inodes changed, in a copy of the folder, checksums hold as before until the next
 * change of the key.
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

  async add(key: string, sha256: string, { inode, partial }: { inode: bigint; partial: string }): Promise<void> {
    const path = join(this.#folder(key), `${sha256}.${inode}.${basename(partial)}`)
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
    const partials = new Set(await unlessMissing(readdir(join(this.#root, partialsFolder))))
    const named = String(await inodeOf(join(this.#root, key)))
    for (const name of names) {
      const [, inode, partial = ''] = name.split('.')
      if (inode !== named && !partials.has(partial)) await rm(join(this.#folder(key), name), { force: true })
    }
    await removeEmptyFolders(this.#folder(key), this.#root)
  }

  async #names(key: string): Promise<string[]> {
    const entries = (await unlessMissing(readdir(this.#folder(key), { withFileTypes: true }))) ?? []
    return entries.flatMap((entry) => (entry.isFile() ? [entry.name] : []))
  }

  #folder(key: string): string {
    return join(this.#root, checksumsFolder, key)
  }
}
