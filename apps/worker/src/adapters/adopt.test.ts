import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  createCandidate,
  createTenant,
  type Database,
  listDraftVersions,
  openDatabase,
  promoteDraft,
  registerTarget,
} from '@foretoken/db'
import { temporaryDatabase } from '@foretoken/db/testing'
import { type ObjectStore, openObjectStore } from '@foretoken/storage'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { adoptDrafts } from './adopt.ts'

let db: Database
let drop: () => Promise<void>
let folder: string
let store: ObjectStore
let tenantId: string
beforeEach(async () => {
  const temporary = await temporaryDatabase()
  db = openDatabase(temporary.url)
  drop = temporary.drop
  folder = mkdtempSync(join(tmpdir(), 'foretoken-adopt-'))
  store = openObjectStore(pathToFileURL(folder).href)
  const created = await createTenant(db, 'acme')
  if (!created.ok) throw new Error('name taken')
  tenantId = created.tenant.id
})
afterEach(async () => {
  await db.close().then(drop)
  rmSync(folder, { recursive: true })
})

const register = (name: string) => registerTarget(db, { name, fingerprint: `${name}-weights`, form: 'form' })

/** A draft of before: its row names no target, its files name the static draft that it belongs to. */
async function draftOf(base: string | null): Promise<string> {
  const { id: targetId } = await register('before')
  const id = `adp_${base}`
  const key = `adapters/${tenantId}/${id}`
  await createCandidate(db, { id, tenantId, targetId, contentHash: 'ab', artifactUri: key })
  await db.pool.query('update draft_versions set target_id = null where id = $1', [id])
  if (base !== null) {
    const config = JSON.stringify({ base_model_name_or_path: base })
    await store.put(`${key}/adapter_config.json`, new TextEncoder().encode(config))
  }
  return id
}

it('a draft of before is taken by the target whose static draft it is a delta on, and by no other', async () => {
  const [mine, theirs, lost] = [await draftOf('base-a'), await draftOf('base-b'), await draftOf(null)]
  const target = await register('a')
  expect(await adoptDrafts(db, store, target.id, 'base-a')).toBe(1)
  expect(await adoptDrafts(db, store, target.id, 'base-a')).toBe(0)
  const of = async () => new Map((await listDraftVersions(db, tenantId)).map((each) => [each.id, each.targetId]))
  expect([...(await of())].sort()).toEqual(
    [
      [mine, target.id],
      [theirs, null],
      [lost, null],
    ].sort(),
  )
  const other = await register('b')
  expect(await adoptDrafts(db, store, other.id, 'base-b')).toBe(1)
  expect((await of()).get(theirs)).toBe(other.id)
  expect(await promoteDraft(db, tenantId, theirs, 'still a candidate')).toBe(true)
})
