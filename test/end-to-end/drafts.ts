import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createCandidate, type Database, findTargets, newId, openDatabase, promoteDraft } from '@foretoken/db'
import { openObjectStore } from '@foretoken/storage'
import { z } from 'zod'

/** The database of a platform that runs on a data folder. */
export function databaseOf(dataDir: string): Database {
  const state = z.looseObject({ databaseUrl: z.string() })
  return openDatabase(state.parse(JSON.parse(readFileSync(join(dataDir, 'state.json'), 'utf8'))).databaseUrl)
}

/** What a data folder's store has of a tenant, by name. */
export function stored(dataDir: string, kind: 'traces' | 'adapters', tenant: string): string[] {
  const folder = join(dataDir, 'objects', kind, tenant)
  return existsSync(folder) ? readdirSync(folder, { recursive: true }).map(String) : []
}

interface AdapterFiles {
  readonly files: ReadonlyMap<string, Uint8Array>
  readonly contentHash: string
}

/** An adapter as the trainer stored it. */
export function storedAdapter(dataDir: string, tenant: string, id: string): AdapterFiles {
  const folder = join(dataDir, 'objects', 'adapters', tenant, id)
  const files = new Map(readdirSync(folder).map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))]))
  const config = z.object({ foretoken: z.looseObject({ content_hash: z.string() }) })
  const { foretoken } = config.parse(JSON.parse(readFileSync(join(folder, 'adapter_config.json'), 'utf8')))
  return { files, contentHash: foretoken.content_hash }
}

/** Puts an adapter into service that no gate has seen; returns its id. */
export async function forceLive(
  db: Database,
  { dataDir, tenant, model }: { readonly dataDir: string; readonly tenant: string; readonly model?: string },
  { files, contentHash }: AdapterFiles,
): Promise<string> {
  const id = newId('adapter')
  const artifactUri = `adapters/${tenant}/${id}`
  const store = openObjectStore(pathToFileURL(join(dataDir, 'objects')).href)
  for (const [name, bytes] of files) await store.put(`${artifactUri}/${name}`, bytes)
  const [target] = await findTargets(db, model === undefined ? {} : { name: model })
  if (!target) throw new Error('nothing is served')
  await createCandidate(db, { id, tenantId: tenant, targetId: target.id, contentHash, artifactUri })
  await promoteDraft(db, tenant, id, 'Forced by a test.')
  return id
}
