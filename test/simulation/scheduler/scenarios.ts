import type { Scenario } from './simulate.ts'
import { busiestFirst, fixedTimer, roundRobin, tokenCount } from './strategies/baselines.ts'
import { oracle } from './strategies/oracle.ts'
import { policy } from './strategies/policy.ts'
import type { Strategy } from './strategies/strategy.ts'
import { WORLD, type WorldSettings } from './world.ts'

export interface Comparison {
  readonly title: string
  readonly text: string
  readonly scenario: Scenario
  readonly strategies: readonly (() => Strategy)[]
}

const MIB = 2 ** 20
/** A worker's default. */
const HOT_BYTES = 256 * MIB

const BASELINES = [tokenCount, fixedTimer, roundRobin, busiestFirst]

/** What is compared: at the share of compute that one would give to training, at a tenth of it, and with little memory. */
export function comparisonsOf(world: WorldSettings): Comparison[] {
  const scenario = (trainingShare: number, hotBytesPerWorker = HOT_BYTES): Scenario => ({
    world,
    trainingShare,
    hotBytesPerWorker,
  })
  return [
    {
      title: 'Training may take 1 % of the time that the target takes',
      text: 'Room for about everybody: what is gained is gained by not training whom it does not help. “At once”: the policy without shadow and canary, as all others promote.',
      scenario: scenario(0.01),
      strategies: [() => policy(), () => policy('policy, at once', 'placed', false), ...BASELINES, oracle],
    },
    {
      title: 'Training may take 0.1 %',
      text: 'Room for a tenth: whom to train first is what counts.',
      scenario: scenario(0.001),
      strategies: [() => policy(), ...BASELINES, oracle],
    },
    {
      title: 'Training may take 1 %, and memory holds a thirtieth of the adapters',
      text: '8 MiB a worker. “LRU”: the policy trains, and who was asked for longest ago leaves memory.',
      scenario: scenario(0.01, 8 * MIB),
      strategies: [() => policy(), () => policy('policy, LRU', 'lru'), tokenCount, oracle],
    },
  ]
}

/** Small enough for every run of the tests: the same world with fewer tenants and days. */
export const QUICK_WORLD: WorldSettings = { ...WORLD, tenants: 1_500, requestsPerDay: 300_000, workers: 4, days: 10 }
