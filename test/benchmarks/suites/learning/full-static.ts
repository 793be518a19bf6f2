import { decodeDraft, encodeDraft } from '@foretoken/drafting'
import { acceptanceLength } from '@foretoken/learning/training'
import { fitted } from './adapters.ts'
import { tuned } from './fine-tune.ts'
import { replayAdapter, replayStatic } from './replays.ts'
import { CHAIN } from './settings.ts'
import type { Traffic } from './tenant.ts'
import type { World } from './world.ts'

export interface FullStaticResult {
  readonly domain: string
  /** Acceptance lengths on held-out requests, chains of CHAIN tokens, by replay. */
  readonly static: number
  readonly adaptive: number
}

/**
 * What an adapter still gains on top of a static draft that knows all domains: the one that ships, trained further on
 * the traffic of all tenants together.
 */
export async function playFullStatic(world: World, tenants: ReadonlyMap<string, Traffic>): Promise<FullStaticResult[]> {
  const all = [...tenants.values()].flatMap(({ first }) => first)
  const { draft } = await tuned(world, all, [LEARNING_RATE])
  const artifact = decodeDraft(encodeDraft({ ...draft, target: world.target, acceptance: world.artifact.acceptance }))
  world.log(`a static draft of all domains: ${artifact.id}`)
  const results: FullStaticResult[] = []
  for (const [domain, { first, later }] of tenants) {
    const key = `${artifact.id}-${domain}`
    const { values } = await fitted(world, { key, tenant: domain, traces: first, threads: 2, artifact })
    const shared = acceptanceLength(await replayStatic(world, artifact, later), CHAIN)
    const own = acceptanceLength(await replayAdapter(world, artifact, values, later), CHAIN)
    results.push({ domain, static: shared, adaptive: own })
    world.log(`${domain}: ${shared.toFixed(2)} by the draft of all domains, ${own.toFixed(2)} adapted`)
  }
  return results
}

const LEARNING_RATE = 2e-3
