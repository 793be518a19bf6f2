import { referenceTargetFolder } from '@foretoken/reference-target'
import type { Traffic } from '../learning/tenant.ts'
import { openModels, type World } from '../learning/world.ts'
import type { Contender } from './contender.ts'
import { ourContenders, prepareTenants } from './foretoken.ts'
import { CONFIGURATIONS, type LlamaCpp, type LlamaModels, llamaContender, loadLlamaModels } from './llama-cpp.ts'
import { measureSingly, measureTogether, type Timings } from './measure.ts'
import { planRequests } from './requests.ts'
import { BATCHES, type PeerSettings, THREADS } from './settings.ts'

/** Weights as both sides call them: in fp32 the same bits, in 8 bits blocks of 32 that each side rounds by its own rule. */
export const PRECISIONS = [
  { precision: 'fp32', gguf: 'F32' },
  { precision: 'int8', gguf: 'Q8_0' },
] as const
export type Precision = (typeof PRECISIONS)[number]

export interface Comparison {
  readonly precision: Precision['precision']
  readonly singly: Timings
  /** By batch size. */
  readonly together: ReadonlyMap<number, Timings>
  /** Adapters that the engine took out of service by itself, and why. */
  readonly demoted: ReadonlyMap<string, string>
}

export interface ComparisonParts extends Pick<World, 'parts' | 'log'> {
  readonly settings: PeerSettings
  readonly llamaCpp: LlamaCpp
  /** For GGUF files. */
  readonly folder: string
  traffic(world: World): Promise<ReadonlyMap<string, Traffic>>
}

/** Everybody on the same weights in one precision, in one process and in turns. */
export async function compare({ precision, gguf }: Precision, options: ComparisonParts): Promise<Comparison> {
  const { settings, llamaCpp, folder, parts, log } = options
  const models = await openModels({ weights: precision, threads: THREADS, sequencesMax: Math.max(...BATCHES) })
  const world: World = { ...models, settings: settings.learning, parts, log }
  const { contextLength, tokenizer } = models.model
  const limits = { contextLength, endIds: tokenizer.eosIds }
  const llama = llamaCpp.ok
    ? await loadLlamaModels(llamaCpp, { checkpoint: referenceTargetFolder, weights: gguf, folder, ...limits })
    : undefined
  try {
    const traffic = await options.traffic(world)
    await prepareTenants(world, traffic, ['alone', ...BATCHES.map(groupOf)])
    const plan = planRequests(new Map([...traffic].map(([domain, { later }]) => [domain, later])), settings)
    const alone = [...ourContenders(world, 'alone'), ...(await theirContenders(llama, 1))]
    const singly = await measureSingly(alone, plan.singly, plan.warmUp)
    log(`${precision}: ${plan.singly.length} requests served one at a time in ${alone.length} ways`)
    const together = new Map<number, Timings>()
    for (const batch of BATCHES) {
      const all = [...ourContenders(world, groupOf(batch)), ...(await theirContenders(llama, batch))]
      together.set(batch, await measureTogether(all, plan.rounds, batch))
      log(`${precision}: ${plan.rounds.length} rounds at batch ${batch}`)
    }
    return { precision, singly, together, demoted: models.demoted }
  } finally {
    await models.close()
  }
}

const groupOf = (batch: number) => `batch ${batch}`

/** Drafting for many sequences at once is left out: each would need a context of its own, which shares no run. */
async function theirContenders(llama: LlamaModels | undefined, batch: number): Promise<Contender[]> {
  if (!llama) return []
  const fitting = CONFIGURATIONS.filter(({ name }) => batch === 1 || name !== 'llama.cpp draft')
  return await Promise.all(fitting.map((configuration) => llamaContender(llama, configuration, batch)))
}
