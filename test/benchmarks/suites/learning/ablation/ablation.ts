import type { CostTable } from '@foretoken/drafting'
import type { ReplayedTrace } from '@foretoken/learning/training'
import type { Fitted } from '../adapters.ts'
import { replayAdapter, replayStatic } from '../replays.ts'
import type { Traffic } from '../tenant.ts'
import type { World } from '../world.ts'
import { Controller, fixed, LOOKAHEAD_MAX, MovingAverage } from './policies.ts'
import { type Policy, simulate, simulateOracle } from './simulate.ts'

export const POLICIES = ['γ = 2', 'γ = 4', 'γ = 8', 'moving average', 'controller', 'oracle'] as const
export type PolicyName = (typeof POLICIES)[number]

export interface AblationRow {
  readonly domain: string
  readonly arm: 'static' | 'adaptive'
  /** Tokens per second relative to plain decoding, by the cost table. */
  readonly speedUp: Readonly<Record<PolicyName, number>>
}

/** One arm at a time, so that only how the lookahead is set differs. */
export async function ablate(
  world: World,
  domain: string,
  { later }: Traffic,
  { values, acceptance }: Fitted,
  costs: CostTable,
): Promise<AblationRow[]> {
  const { artifact } = world
  const own = await replayAdapter(world, artifact, values, later, LOOKAHEAD_MAX)
  const shared = await replayStatic(world, artifact, later, LOOKAHEAD_MAX)
  return [
    { domain, arm: 'static', speedUp: compare(shared, costs, artifact.acceptance) },
    { domain, arm: 'adaptive', speedUp: compare(own, costs, acceptance) },
  ]
}

function compare(replayed: readonly ReplayedTrace[], costs: CostTable, acceptance: readonly number[]) {
  const speedUp = ({ tokens, ms }: { tokens: number; ms: number }) => (tokens * costs.targetMs(1, 1)) / ms
  const play = (policy: Policy) => speedUp(simulate(replayed, LOOKAHEAD_MAX, costs, policy))
  return {
    'γ = 2': play(fixed(2)),
    'γ = 4': play(fixed(4)),
    'γ = 8': play(fixed(8)),
    'moving average': play(new MovingAverage(costs)),
    controller: play(new Controller(costs, acceptance)),
    oracle: speedUp(simulateOracle(replayed, LOOKAHEAD_MAX, costs)),
  }
}
