import { createHash } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type ObjectStore, openObjectStore } from '@foretoken/storage'

/**
 * What a run has finished so far, so that one that was killed goes on where it was. A run with other settings, another
 * draft, target, corpus or commit finds nothing; a run that ends deletes its parts.
 */
export class Parts {
  private constructor(
    private readonly folder: string,
    private readonly store: ObjectStore,
  ) {}

  /** @param identity all that the results depend on but the machine; what belongs to another is deleted */
  static async open(root: string, identity: unknown): Promise<Parts> {
    const key = createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 16)
    const known = await readdir(root).catch(() => [])
    for (const other of known) if (other !== key) await rm(join(root, other), { recursive: true, force: true })
    const folder = join(root, key)
    return new Parts(folder, openObjectStore(pathToFileURL(folder).href))
  }

  async bytes(key: string, make: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const known = await this.store.get(key)
    if (known) return known
    const made = await make()
    await this.store.put(key, made)
    return made
  }

  /** Only this suite writes here, under a key that names everything the shape depends on. */
  async json<Value>(key: string, make: () => Promise<Value>): Promise<Value> {
    const bytes = await this.bytes(`${key}.json`, async () => new TextEncoder().encode(JSON.stringify(await make())))
    return JSON.parse(new TextDecoder().decode(bytes))
  }

  async delete(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }
}
