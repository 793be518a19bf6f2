import type { CostPoint } from '@foretoken/drafting'
import { expect, it } from 'vitest'
import { seededRandom } from '../train/random.ts'
import { lowest, settled } from './settled.ts'

const TRUE_MS = (batch: number, length: number) => 2 + batch * length * 0.3
const SIZES = [1, 2].flatMap((batch) => [1, 2, 4, 8].map((length) => ({ batch, length })))

it('on a machine that is mostly busy, costs come down to what they are; on an idle one three rounds are enough', async () => {
  const random = seededRandom(4)
  const busy = () => (random.uniform() < 0.7 ? 20 * random.uniform() : 0)
  let rounds = 0
  const measured = (noise: () => number) => async () => {
    rounds++
    return [SIZES.map((size): CostPoint => ({ ...size, ms: TRUE_MS(size.batch, size.length) + noise() }))]
  }
  const [costs = []] = await settled(measured(busy))
  for (const { batch, length, ms } of costs) expect(ms / TRUE_MS(batch, length)).toBeCloseTo(1, 1)
  expect(rounds).toBeGreaterThan(3)
  rounds = 0
  await settled(measured(() => 0))
  expect(rounds).toBe(3)
})

it('less work is never said to take longer', () => {
  const points = [9, 3, 5, 4].map((ms, at): CostPoint => ({ batch: 1, length: at + 1, ms }))
  expect(lowest([points]).map(({ ms }) => ms)).toEqual([3, 3, 4, 4])
  expect(lowest([points, [{ batch: 1, length: 2, ms: 2 }]]).map(({ ms }) => ms)).toEqual([2, 2, 4, 4])
})
