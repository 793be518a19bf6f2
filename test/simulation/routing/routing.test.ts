import { expect, it } from 'vitest'
import { ROUTERS } from './routers.ts'
import { simulateRouting } from './simulate.ts'
import { ROUTING_WORLD } from './world.ts'

it('the policy starts fewer requests cold than balancing alone, and keeps nobody waiting as hashing alone does', () => {
  const quick = { ...ROUTING_WORLD, requests: 15_000 }
  const of = Object.fromEntries(ROUTERS.map((name) => [name, simulateRouting(quick, name)]))
  const { policy, 'plain hashing': hashing } = of
  for (const rival of ['least loaded', 'random', 'bounded hashing']) {
    expect(policy?.coldShare).toBeLessThan(of[rival]?.coldShare ?? 0)
  }
  expect(policy?.latencyP99Ms).toBeLessThan(hashing?.latencyP99Ms ?? 0)
  expect(policy?.balance).toBeLessThan(hashing?.balance ?? 0)
})

it('is a function of its seed', () => {
  const small = { ...ROUTING_WORLD, requests: 2_000 }
  expect(simulateRouting(small, 'policy')).toEqual(simulateRouting(small, 'policy'))
  expect(simulateRouting({ ...small, seed: 2 }, 'policy')).not.toEqual(simulateRouting(small, 'policy'))
})
