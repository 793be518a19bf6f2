import { expect, test } from 'vitest'
import { createLogger } from './logger.ts'
import { Outage } from './outage.ts'

test('an hour of failures each second is told in a line a minute, and its end with how long it took', () => {
  const told: Record<string, unknown>[] = []
  const logger = createLogger('test', 'info', { write: (line) => void told.push(JSON.parse(line)) })
  let nowMs = 5_000
  const outage = new Outage(logger, { begins: 'away', ends: 'back' }, () => nowMs)
  outage.worked()
  for (let second = 0; second < 3_600; second++, nowMs += 1_000) outage.failed(new Error('no'), { second })
  expect(told.map(({ msg }) => msg)).toEqual(Array.from({ length: 60 }, () => 'away'))
  expect(told[0]).toMatchObject({ err: { message: 'no' }, second: 0 })
  expect(told[0]).not.toHaveProperty('failures')
  expect(told[1]).toMatchObject({ second: 60, ms: 60_000, failures: 61 })
  outage.worked()
  outage.worked()
  expect(told.slice(60)).toMatchObject([{ msg: 'back', ms: 3_600_000, failures: 3_600 }])
  outage.failed(new Error('again'))
  expect(told).toHaveLength(62)
})
