import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../database.ts'
import { newId } from '../ids.ts'
import { authenticate } from '../keys/authenticate.ts'
import { createApiKey } from '../keys/keys.ts'
import { temporaryDatabase } from '../testing.ts'
import { recordAcceptance } from './acceptance.ts'
import { acceptanceByVersion, listDraftVersions, liveDraftVersion, storedDraftKeys } from './drafts.ts'
import { forgetTenant } from './forget.ts'
import { createCandidate, promoteDraft, rejectDraft, rollBackDraft } from './promotion.ts'
import { registerTarget } from './targets.ts'

import { createTenant } from './tenants.ts'

let db: Database
let drop: () => Promise<void>
let targetId: string
let otherId: string
const pepper = Buffer.from('pepper')

beforeAll(async () => {
  const temporary = await temporaryDatabase()
  db = openDatabase(temporary.url)
  drop = temporary.drop
  targetId = (await registerTarget(db, { ...SMALL, form: 'form' })).id
  otherId = (await registerTarget(db, { ...LARGE, form: 'form' })).id
})
afterAll(() => db.close().then(drop))

const SMALL = { name: 'small', fingerprint: 'f1' }
const LARGE = { name: 'large', fingerprint: 'f2' }

async function tenant(name: string): Promise<string> {
  const created = await createTenant(db, name)
  if (!created.ok) throw new Error(`tenant ${name} exists`)
  return created.tenant.id
}

function candidate(tenantId: string | null, on = targetId) {
  const id = newId(tenantId === null ? 'draft' : 'adapter')
  return createCandidate(db, {
    id,
    tenantId,
    targetId: on,
    contentHash: 'ab',
    artifactUri: `adapters/${tenantId}/${id}`,
  })
}

async function promoted(tenantId: string | null, on = targetId): Promise<string> {
  const { id } = await candidate(tenantId, on)
  expect(await promoteDraft(db, tenantId, id, 'better')).toBe(true)
  return id
}

const statesOf = async (tenantId: string | null) =>
  (await listDraftVersions(db, tenantId)).map(({ version, state }) => `${version} ${state}`)

describe('a lineage of drafts', () => {
  it('numbers its versions without gaps, whoever adds at the same time, the shared one included', async () => {
    for (const owner of [await tenant('numbers'), null]) {
      await Promise.all(Array.from({ length: 8 }, () => candidate(owner)))
      const versions = (await listDraftVersions(db, owner)).map(({ version }) => version)
      expect(versions).toEqual([8, 7, 6, 5, 4, 3, 2, 1])
    }
  })

  it('has one live version however many are promoted at once, and remembers what each grew from', async () => {
    const owner = await tenant('one-live')
    const candidates = await Promise.all(Array.from({ length: 6 }, () => candidate(owner)))
    await Promise.all(candidates.map(({ id }) => promoteDraft(db, owner, id, 'better')))
    const states = (await listDraftVersions(db, owner)).map(({ state }) => state).sort()
    expect(states).toEqual(['live', 'retired', 'retired', 'retired', 'retired', 'retired'])
    expect((await candidate(owner)).parentId).toBe((await liveDraftVersion(db, { tenantId: owner, targetId }))?.id)
  })

  it('can have no second live version, even by a statement that asks nobody', async () => {
    const owner = await tenant('index')
    await promoted(owner)
    const { id } = await candidate(owner)
    const forced = db.pool.query(`update draft_versions set state = 'live' where id = $1`, [id])
    await expect(forced).rejects.toMatchObject({ constraint: 'draft_versions_live' })
    await promoted(null)
    const shared = await candidate(null)
    const forcedShared = db.pool.query(`update draft_versions set state = 'live' where id = $1`, [shared.id])
    await expect(forcedShared).rejects.toMatchObject({ constraint: 'draft_versions_live_shared' })
  })

  it('falls back to the last good version when several gateways report the live one at once', async () => {
    const owner = await tenant('rollback')
    const [first, second] = [await promoted(owner), await promoted(owner)]
    const reports = await Promise.all(Array.from({ length: 5 }, () => rejectDraft(db, owner, second, 'not a number')))
    expect(reports.filter(({ changed }) => changed)).toHaveLength(1)
    expect(new Set(reports.map(({ live }) => live))).toEqual(new Set([first]))
    expect(await statesOf(owner)).toEqual(['2 rejected', '1 live'])
    expect(await rollBackDraft(db, { tenantId: owner, targetId }, 'by hand')).toEqual({ rejected: first, live: null })
    expect(await rollBackDraft(db, { tenantId: owner, targetId }, 'by hand')).toBeNull()
    expect(await statesOf(owner)).toEqual(['2 rejected', '1 rejected'])
    expect((await listDraftVersions(db, owner)).map(({ reason }) => reason)).toEqual(['not a number', 'by hand'])
  })

  it("is out of reach of another tenant's verdict", async () => {
    const [mine, theirs] = [await tenant('mine'), await tenant('theirs')]
    const id = await promoted(theirs)
    expect(await rejectDraft(db, mine, id, 'foreign')).toEqual({ changed: false, live: null })
    expect(await promoteDraft(db, mine, (await candidate(theirs)).id, 'foreign')).toBe(false)
    expect(await listDraftVersions(db, mine)).toEqual([])
    expect((await liveDraftVersion(db, { tenantId: theirs, targetId }))?.id).toBe(id)
  })
})

describe('what a key resolves to', () => {
  it('names the live adapter of its own tenant, and whether the tenant is learned from', async () => {
    const [owner, other] = [await tenant('resolved'), await tenant('resolved-other')]
    await promoted(other)
    const { secret } = await createApiKey(db, pepper, { tenantId: owner, name: 'k' })
    expect(await authenticate(db, pepper, secret)).toMatchObject({ tenantId: owner, learning: true, adapters: [] })
    await candidate(owner)
    expect((await authenticate(db, pepper, secret))?.adapters).toEqual([])
    const id = await promoted(owner)
    const ref = { id, target: SMALL, contentHash: 'ab', key: `adapters/${owner}/${id}` }
    expect((await authenticate(db, pepper, secret))?.adapters).toEqual([ref])
  })
})

describe('drafts of several targets', () => {
  it('are live beside each other, and each is promoted, rejected and rolled back alone', async () => {
    const owner = await tenant('two-targets')
    const [small, large] = [await promoted(owner), await promoted(owner, otherId)]
    const { secret } = await createApiKey(db, pepper, { tenantId: owner, name: 'k' })
    const live = async () =>
      (await authenticate(db, pepper, secret))?.adapters.map(({ id, target }) => [target.name, id])
    expect((await live())?.sort()).toEqual([
      ['large', large],
      ['small', small],
    ])
    const next = await promoted(owner, otherId)
    expect(await rejectDraft(db, owner, next, 'worse')).toEqual({ changed: true, live: large })
    expect(await rollBackDraft(db, { tenantId: owner, targetId: otherId }, 'by hand')).toEqual({
      rejected: large,
      live: null,
    })
    expect(await live()).toEqual([['small', small]])
    expect(await statesOf(owner)).toEqual(['3 rejected', '2 rejected', '1 live'])
  })

  it('are not offered for a target that nobody has announced for an hour', async () => {
    const owner = await tenant('away')
    const gone = await registerTarget(db, { name: 'small', fingerprint: 'gone', form: 'form' })
    const id = await promoted(owner, gone.id)
    const { secret } = await createApiKey(db, pepper, { tenantId: owner, name: 'k' })
    const live = async () => (await authenticate(db, pepper, secret))?.adapters.map((each) => each.id)
    expect(await live()).toEqual([id])
    await db.pool.query(`update targets set last_seen_at = now() - interval '61 minutes' where id = $1`, [gone.id])
    expect(await live()).toEqual([])
  })
})

it('the keys of stored drafts are those of every state and lineage, until their files are deleted', async () => {
  const [owner, gone] = [await tenant('stored'), await tenant('stored-gone')]
  const own = [await candidate(owner), await candidate(owner), await candidate(null), await candidate(gone)]
  await rejectDraft(db, owner, own[1]?.id ?? '', 'worse')
  const keys = async () => (await storedDraftKeys(db)).filter((key) => own.some((draft) => draft.artifactUri === key))
  expect((await keys()).sort()).toEqual(own.map(({ artifactUri }) => artifactUri).sort())
  await forgetTenant(db, gone)
  const left = own.filter(({ tenantId }) => tenantId !== gone).map(({ artifactUri }) => artifactUri)
  expect((await keys()).sort()).toEqual(left.sort())
})

describe('a tenant that is forgotten', () => {
  it('is served without a draft at once, and none of its versions ever comes back', async () => {
    const owner = await tenant('forgotten')
    const { secret } = await createApiKey(db, pepper, { tenantId: owner, name: 'k' })
    const [first] = [await promoted(owner), await promoted(owner)]
    expect(await forgetTenant(db, owner)).toMatchObject({ drafts: 2, runs: 0 })
    expect((await authenticate(db, pepper, secret))?.adapters).toEqual([])
    expect(await statesOf(owner)).toEqual(['2 rejected', '1 rejected'])
    expect(await promoteDraft(db, owner, first, 'again')).toBe(false)
    expect(await forgetTenant(db, owner)).toMatchObject({ drafts: 0 })
    expect(await forgetTenant(db, 'ten_unknown')).toBeNull()
  })
})

it("a version's acceptance is summed over time and positions", async () => {
  const owner = await tenant('acceptance')
  const arm = {
    arm: 'adaptive',
    draftVersion: 'adp_1',
    steps: 10,
    committedTokens: 30,
    proposed: [10, 8],
    accepted: [9, 7],
  }
  await recordAcceptance(db, {
    id: 'batch_1',
    targetId,
    entries: [
      { tenantId: owner, at: new Date('2026-03-01T10:00:00Z'), arms: [arm, { ...arm, draftVersion: 'adp_2' }] },
    ],
  })
  await recordAcceptance(db, {
    id: 'batch_2',
    targetId,
    entries: [{ tenantId: owner, at: new Date('2026-03-02T10:00:00Z'), arms: [arm] }],
  })
  expect(await acceptanceByVersion(db, owner)).toEqual([
    { targetId, arm: 'adaptive', draftVersion: 'adp_1', steps: 20, committed: 60, proposed: 36, accepted: 32 },
    { targetId, arm: 'adaptive', draftVersion: 'adp_2', steps: 10, committed: 30, proposed: 18, accepted: 16 },
  ])
})
