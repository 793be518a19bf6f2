import { expect, test } from 'vitest'
import { Turns } from './turns.ts'

const keys = Array.from({ length: 1_000 }, (_, key) => key)
const well = () => true

test('a few are all asked in each round', () => {
  const turns = new Turns(10)
  for (let round = 0; round < 3; round++) expect([...turns.take(keys.slice(0, 10), well)]).toEqual(keys.slice(0, 10))
})

test('of many no round asks more than it may, and nobody is left out', () => {
  const turns = new Turns(100)
  const asked = new Set<number>()
  for (let round = 0; round < 10; round++) {
    const due = turns.take(keys, well)
    expect(due.size).toBe(100)
    for (const key of due) asked.add(key)
  }
  expect(asked.size).toBe(1_000)
})

test('who is not well is asked in each round, and keeps nobody else from being asked', () => {
  const turns = new Turns(100)
  const few = (key: number) => key % 100 !== 7
  expect([...turns.take(keys, few)]).toEqual(expect.arrayContaining(keys.filter((key) => !few(key))))
  const asked = new Set<number>()
  for (let round = 0; round < 20; round++) for (const key of turns.take(keys, () => false)) asked.add(key)
  expect(asked.size).toBe(1_000)
})
