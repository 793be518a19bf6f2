import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../database.ts'
import { temporaryDatabase } from '../testing.ts'
import { deleteTenant, forgetTenant } from './forget.ts'
import {
  deleteResponse,
  findResponse,
  removeExpiredResponses,
  responseChain,
  type StoredResponse,
  saveResponse,
} from './stored-responses.ts'
import { createTenant } from './tenants.ts'

let db: Database
beforeAll(async () => {
  db = openDatabase((await temporaryDatabase()).url)
})
afterAll(() => db.close())

const limits = { keptMs: 60_000, countMax: 100, bytesMax: 1_000_000 }
let tenants = 0

async function tenant(): Promise<string> {
  const created = await createTenant(db, `tenant-${tenants++}`)
  if (!created.ok) throw new Error('name taken')
  return created.tenant.id
}

const response = (owner: string, at: number, previousAt?: number): StoredResponse => ({
  id: `resp_${owner}_${String(at).padStart(4, '0')}`,
  previousId: previousAt === undefined ? null : `resp_${owner}_${String(previousAt).padStart(4, '0')}`,
  input: [{ role: 'user', content: `question ${at}` }],
  response: { output: [`answer ${at}`] },
})

/** So many of a tenant's, each going on from the one before. */
async function chain(owner: string, count: number, more: Partial<typeof limits> = {}): Promise<StoredResponse[]> {
  const all = Array.from({ length: count }, (_, at) => response(owner, at, at > 0 ? at - 1 : undefined))
  for (const each of all) await saveResponse(db, owner, each, { ...limits, ...more })
  return all
}

const idsOf = async (owner: string, id: string | undefined) =>
  (await responseChain(db, owner, id ?? '', 1_000_000)).responses.map((each) => each.id)

const whole = (owner: string, id: string | undefined) => responseChain(db, owner, id ?? '', 1_000_000)

describe('stored responses', () => {
  it('are found with all that they went on from, newest first', async () => {
    const owner = await tenant()
    const all = await chain(owner, 4)
    expect(await whole(owner, all[2]?.id)).toEqual({ responses: all.slice(0, 3).reverse(), extent: 'whole' })
    expect(await whole(owner, 'resp_none')).toEqual({ responses: [], extent: 'gone' })
    expect(await findResponse(db, owner, all[3]?.id ?? '')).toEqual(all[3])
  })

  it('may hold any text that a client can send', async () => {
    const owner = await tenant()
    const odd = { ...response(owner, 0), input: ['\u0000 \ud800 👍 \\u0000'] }
    await saveResponse(db, owner, odd, limits)
    expect(await whole(owner, odd.id)).toEqual({ responses: [odd], extent: 'whole' })
  })

  it('are read as far as they are not too much', async () => {
    const owner = await tenant()
    const all = await chain(owner, 4)
    const cut = await responseChain(db, owner, all[3]?.id ?? '', 1)
    expect(cut).toEqual({ responses: [all[3]], extent: 'cut' })
  })

  it('are stored once, however often they are sent', async () => {
    const owner = await tenant()
    const [first] = await chain(owner, 1)
    await saveResponse(db, owner, { ...response(owner, 0), response: { output: ['another'] } }, limits)
    expect(await findResponse(db, owner, first?.id ?? '')).toEqual(first)
  })

  it("of another tenant look like missing ones, also as the beginning of one's own", async () => {
    const [owner, other] = [await tenant(), await tenant()]
    const [first] = await chain(owner, 1)
    const id = first?.id ?? ''
    expect(await findResponse(db, other, id)).toBeNull()
    expect(await deleteResponse(db, other, id)).toBe(false)
    const own = { ...response(other, 1), previousId: id }
    await saveResponse(db, other, own, limits)
    expect(await whole(other, own.id)).toEqual({ responses: [own], extent: 'gone' })
    expect(await findResponse(db, owner, id)).toEqual(first)
  })

  it('are gone when they are deleted, and those that went on from them have no beginning any more', async () => {
    const owner = await tenant()
    const all = await chain(owner, 3)
    expect(await deleteResponse(db, owner, all[1]?.id ?? '')).toBe(true)
    expect(await deleteResponse(db, owner, all[1]?.id ?? '')).toBe(false)
    expect(await whole(owner, all[2]?.id)).toEqual({ responses: [all[2]], extent: 'gone' })
  })

  it('make room for newer ones of their tenant, by count and by bytes', async () => {
    const [owner, other, third] = [await tenant(), await tenant(), await tenant()]
    const others = await chain(other, 3)
    const counted = await chain(owner, 5, { countMax: 2 })
    expect(await idsOf(owner, counted[4]?.id)).toEqual([counted[4]?.id, counted[3]?.id])
    const bytes = JSON.stringify(counted[0]?.input).length + JSON.stringify(counted[0]?.response).length
    const weighed = await chain(third, 5, { bytesMax: 3 * bytes })
    expect(await idsOf(third, weighed[4]?.id)).toHaveLength(3)
    expect(await idsOf(other, others[2]?.id)).toHaveLength(3)
  })

  it('expire: nobody finds them, and then they are removed', async () => {
    const owner = await tenant()
    const [first] = await chain(owner, 1, { keptMs: -1 })
    const next = response(owner, 1, 0)
    await saveResponse(db, owner, next, limits)
    expect(await findResponse(db, owner, first?.id ?? '')).toBeNull()
    expect(await deleteResponse(db, owner, first?.id ?? '')).toBe(false)
    expect(await whole(owner, next.id)).toEqual({ responses: [next], extent: 'gone' })
    expect(await removeExpiredResponses(db)).toBeGreaterThan(0)
    expect(await removeExpiredResponses(db)).toBe(0)
    expect(await findResponse(db, owner, next.id)).toEqual(next)
  })

  it.each([
    ['forgotten', forgetTenant],
    ['deleted', deleteTenant],
  ])('go when their tenant is %s, and no others do', async (_, end) => {
    const [owner, other] = [await tenant(), await tenant()]
    const [first] = await chain(owner, 1)
    const [others] = await chain(other, 1)
    await end(db, owner)
    expect(await findResponse(db, owner, first?.id ?? '')).toBeNull()
    expect(await findResponse(db, other, others?.id ?? '')).toEqual(others)
  })

  it('that come after their tenant was deleted are not kept', async () => {
    const owner = await tenant()
    await deleteTenant(db, owner)
    const late = response(owner, 0)
    await saveResponse(db, owner, late, limits)
    expect(await findResponse(db, owner, late.id)).toBeNull()
  })
})
