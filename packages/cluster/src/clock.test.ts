import { expect, test } from 'vitest'
import { ClusterClock } from './clock.ts'

test('a process whose own clock jumps still tells the database’s time, also before the next reading', async () => {
  let [monotonicMs, ownMs] = [500, 1_000_000]
  const clock = new ClusterClock(
    () => monotonicMs,
    () => ownMs,
  )
  expect(clock.now()).toBe(1_000_000)
  const reading = (toldMs: number, tookMs: number) =>
    clock.read(async () => {
      monotonicMs += tookMs
      return new Date(toldMs)
    })
  await reading(7_000, 9.9)
  expect(clock.now()).toBe(7_005)
  ownMs += 86_400_000
  monotonicMs += 100
  expect(clock.now()).toBe(7_105)
  // The database's clock itself may be set; a reading that took seconds says nothing better than what is known.
  await reading(9_000, 2)
  expect(clock.now()).toBe(9_001)
  await reading(9_000, 4_000)
  expect(clock.now()).toBe(13_001)
})
