import type { BenchTarget } from '../../bench-target.ts'
import type { Traffic } from '../learning/tenant.ts'
import { openModels, type World } from '../learning/world.ts'
import { ourContenders, prepareTenants } from './foretoken.ts'
import {
  CONFIGURATIONS,
  LARGE_CONFIGURATIONS,
  type LlamaCpp,
  type LlamaModels,
  llamaContender,
  loadLlamaModels,
} from './llama-cpp.ts'
import { measureSingly, measureTogether, type Timings } from './measure.ts'
import { planRequests } from './requests.ts'
import { type PeerSettings, THREADS } from './settings.ts'

/**
 * Weights as both sides call them: in fp32 the same bits, in 8 bits blocks of 32 that each side rounds by its own rule.
 */
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
  readonly target: BenchTarget
  readonly llamaCpp: LlamaCpp
  /** For GGUF files. */
  readonly folder: string
  traffic(world: World): Promise<ReadonlyMap<string, Traffic>>
}

/** Everybody on the same weights in one precision, in one process and in turns. */
export async function compare({ precision, gguf }: Precision, options: ComparisonParts): Promise<Comparison> {
  const { settings, target, llamaCpp, folder, parts, log } = options
  const { batches } = settings
  const { folders, completionTokensMax } = target
  const sequencesMax = Math.max(1, ...batches)
  const models = await openModels({ folders, weights: precision, threads: THREADS, sequencesMax, completionTokensMax })
  const world: World = { ...models, settings: settings.learning, parts, log }
  const { contextLength, tokenizer } = models.model
  const limits = {
    contextLength: Math.min(contextLength, target.contextMax ?? contextLength),
    completionTokensMax,
    endIds: tokenizer.eosIds,
  }
  const draftLayers = target.isReference ? DRAFT_LAYERS : undefined
  const files = { checkpoint: folders.target, weights: gguf, folder, draftLayers }
  const llama = llamaCpp.ok ? await loadLlamaModels(llamaCpp, { ...files, ...limits }) : undefined
  try {
    const traffic = await options.traffic(world)
    await prepareTenants(world, traffic, ['alone', ...batches.map(groupOf)])
    const plan = planRequests(new Map([...traffic].map(([domain, { later }]) => [domain, later])), settings)
    const alone = [...ourContenders(world, 'alone'), ...(await theirContenders(llama, target, 1))]
    const singly = await measureSingly(alone, plan.singly, plan.warmUp)
    log(`${precision}: ${plan.singly.length} requests served one at a time in ${alone.length} ways`)
    const together = new Map<number, Timings>()
    for (const batch of batches) {
      const all = [...ourContenders(world, groupOf(batch)), ...(await theirContenders(llama, target, batch))]
      together.set(batch, await measureTogether(all, plan.rounds, batch))
      log(`${precision}: ${plan.rounds.length} rounds at batch ${batch}`)
    }
    return { precision, singly, together, demoted: models.demoted }
  } finally {
    await models.close()
  }
}

/** Of six. Not tuned: what such a draft proposes is accepted about once in four. */
const DRAFT_LAYERS = 2

const groupOf = (batch: number) => `batch ${batch}`

/** Drafting for many sequences at once is left out: each would need a context of its own, which shares no run. */
async function theirContenders(llama: LlamaModels | undefined, { isReference }: BenchTarget, batch: number) {
  if (!llama) return []
  const all = isReference ? CONFIGURATIONS : LARGE_CONFIGURATIONS
  const fitting = all.filter(({ name }) => batch === 1 || name !== 'llama.cpp draft')
  return await Promise.all(fitting.map((configuration) => llamaContender(llama, configuration, batch)))
}
