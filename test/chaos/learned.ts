import { createHash } from 'node:crypto'
import type { Database } from '@foretoken/db'
import { ADAPTER_CONFIG_FILE, ADAPTER_WEIGHTS_FILE } from '@foretoken/drafting'
import { parseAdapterFileKey } from '@foretoken/learning'
import type { ObjectStore } from '@foretoken/storage'

/**
 * What is wrong with drafts that runs promoted: each has a row, serves, is tried, or was, and has its files as long as
 * it may.
 */
export async function brokenPromotions(db: Database, store: ObjectStore): Promise<string[]> {
  const { rows } = await db.pool.query<Promoted>(`
    select runs.id as run, drafts.state, drafts.reason, drafts.artifact_uri as key, drafts.content_hash as hash,
      drafts.artifact_deleted_at is not null as deleted
    from training_runs runs left join draft_versions drafts on drafts.id = runs.draft_id
    where runs.state = 'promoted'`)
  const broken: string[] = []
  for (const { run, state, reason, key, hash, deleted } of rows) {
    // A worker that measures that it drafts worse may end it, and so may its trial; who could not read it, or a fault, may not.
    const ended = state === 'rejected' && !FAIR.test(reason ?? '')
    if (ended || state === null || state === 'candidate') {
      broken.push(`${run}: its draft is ${state ?? 'gone'}, ${reason}`)
    }
    if (!deleted && key !== null && !(await isWhole(store, key, hash))) broken.push(`${run}: ${key} is not whole`)
  }
  return broken
}

/** Reasons of workers and of trials, and of one whose trainers were killed as often as a judgement is tried. */
const FAIR =
  /^It drafted worse| as (shadow|canary)\.$|^As (shadow|canary): |^A newer candidate took its place|^It could not be judged in /

interface Promoted {
  readonly run: string
  readonly state: string | null
  readonly reason: string | null
  readonly key: string | null
  readonly hash: string | null
  readonly deleted: boolean
}

async function isWhole(store: ObjectStore, key: string, hash: string | null): Promise<boolean> {
  const weights = await store.get(`${key}/${ADAPTER_WEIGHTS_FILE}`)
  const config = await store.get(`${key}/${ADAPTER_CONFIG_FILE}`)
  return weights !== undefined && config !== undefined && createHash('sha256').update(weights).digest('hex') === hash
}

/** Adapters in the store that no row names. */
export async function strayAdapters(db: Database, store: ObjectStore): Promise<string[]> {
  const { rows } = await db.pool.query<{ key: string }>('select artifact_uri as key from draft_versions')
  const named = new Set(rows.map(({ key }) => key))
  const strays = new Set<string>()
  for await (const { key } of store.list('adapters/')) {
    const folder = parseAdapterFileKey(key)?.folder
    if (folder !== undefined && !named.has(folder)) strays.add(folder)
  }
  return [...strays]
}
