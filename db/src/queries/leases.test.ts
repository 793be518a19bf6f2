import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../database.ts'
import { temporaryDatabase } from '../testing.ts'
import { holdLease, releaseLease } from './leases.ts'

let db: Database
let drop: () => Promise<void>
beforeAll(async () => {
  const temporary = await temporaryDatabase()
  db = openDatabase(temporary.url)
  drop = temporary.drop
})
afterAll(() => db.close().then(drop))

const hold = (holder: string, name = 'lead', leaseMs = 60_000) => holdLease(db, { name, holder, leaseMs })

describe('a lease', () => {
  it('is held by one of any number who ask at once', async () => {
    const epochs = await Promise.all(Array.from({ length: 20 }, (_, at) => hold(`holder_${at}`, 'race')))
    expect(epochs.filter((epoch) => epoch !== null)).toEqual([1])
  })

  it('is renewed by its holder in the same epoch, and goes to another in the next', async () => {
    expect(await hold('a')).toBe(1)
    expect(await hold('a')).toBe(1)
    expect(await hold('b')).toBeNull()
    await releaseLease(db, { name: 'lead', holder: 'b' })
    expect(await hold('b')).toBeNull()
    await releaseLease(db, { name: 'lead', holder: 'a' })
    expect(await hold('b')).toBe(2)
  })

  it('ends by itself when it is not renewed', async () => {
    expect(await hold('a', 'short', 1)).toBe(1)
    await expect.poll(() => hold('b', 'short')).toBe(2)
  })
})
