import { type Adapter, RecurrentDraft, RecurrentSpeculator, readDraft, type Speculator } from '@foretoken/drafting'
import { adapterFiles, type StoredFiles } from '@foretoken/drafting/testing'
import { Engine, type EngineOptions, type Trace } from '@foretoken/engine'
import { type LoadedModel, loadModel, targetFingerprint } from '@foretoken/model'
import { referenceTargetFolder } from '@foretoken/reference-target'
import { staticDraftFolder } from '@foretoken/static-draft'
import { type Completion, type CompletionRequest, complete, mapConcurrently } from '../../engine/generate.ts'
import { workloadPrompts } from '../../workloads/prompts.ts'
import { cheapCosts } from '../cheap-costs.ts'
import { fittedTenantAdapter, randomTenantAdapter } from './adapters.ts'

/** Each is asked greedily and sampled; `EXACTNESS_PROMPTS=200` for a long look. */
const PROMPTS = Number(process.env.EXACTNESS_PROMPTS ?? 28)
const TOKENS = 24
const SAMPLED = [{ temperature: 1 }, { temperature: 0.7, topP: 0.9 }, { temperature: 1.2, presencePenalty: 0.5 }]

export const TENANTS = ['ten_none', 'ten_mild', 'ten_wild', 'ten_fitted'] as const
/** Which adapter is whose. */
export const ADAPTERS: Readonly<Record<string, string>> = {
  ten_mild: 'adp_mild',
  ten_wild: 'adp_wild',
  ten_fitted: 'adp_fitted',
}

export interface TenantAdapter {
  readonly id: string
  /** As it serves, and as the object store has it. */
  readonly ready: Adapter
  readonly stored: StoredFiles
}

/** What a worker has: the target, the static draft that ships, and adapters of some tenants. */
export interface World {
  readonly model: LoadedModel
  readonly draft: RecurrentDraft
  readonly adapters: readonly TenantAdapter[]
  readonly requests: readonly CompletionRequest[]
  /** What plain decoding answers, one request at a time. */
  readonly plain: readonly Completion[]
  close(): Promise<void>
}

export async function openWorld(): Promise<World> {
  const model = await loadModel(referenceTargetFolder, { weights: 'fp32' })
  const artifact = await readDraft(staticDraftFolder, await targetFingerprint(referenceTargetFolder))
  const draft = await RecurrentDraft.open(artifact, referenceTargetFolder, { threads: 1 })
  const requests = requestsFor(model)
  const traces: Trace[] = []
  const engine = engineOn(model, [], { traces: { record: (trace) => traces.push(trace) } })
  const plain = await mapConcurrently(requests, 1, (wanted) => complete(engine, wanted))
  await engine.drain()
  const values = {
    adp_mild: randomTenantAdapter(draft, 1, 0.03),
    adp_wild: randomTenantAdapter(draft, 2, 0.4),
    adp_fitted: await fittedTenantAdapter(draft, traces),
  }
  const adapters: TenantAdapter[] = []
  for (const [id, own] of Object.entries(values)) {
    adapters.push({ id, ready: await draft.prepareAdapter(id, own), stored: adapterFiles(id, artifact, own) })
  }
  const close = async () => {
    await draft.close()
    await model.target.close()
  }
  return { model, draft, adapters, requests, plain, close }
}

export function engineOn(
  { target, tokenizer }: LoadedModel,
  speculators: readonly Speculator[],
  options: Partial<EngineOptions> = {},
): Engine {
  return new Engine({ target, tokens: tokenizer, speculators, costs: cheapCosts() }, options)
}

/** The recurrent draft before any tenant has an adapter. */
export function neuralOf({ draft, adapters }: World, onDemoted: (id: string) => void = () => {}): RecurrentSpeculator {
  return new RecurrentSpeculator(draft, {
    load: async ({ contentHash }) => {
      const found = adapters.find(({ stored }) => stored.ref.contentHash === contentHash)
      if (!found) throw new Error('there is no such adapter')
      return found.stored.files
    },
    onRefused: (_, __, reason) => {
      throw new Error(reason)
    },
    onDemoted: (_, { id }) => onDemoted(id),
  })
}

function requestsFor({ tokenizer }: LoadedModel): CompletionRequest[] {
  const greedy = workloadPrompts(PROMPTS).map(({ prompt }, index) => ({
    tenant: TENANTS[index % TENANTS.length] ?? TENANTS[0],
    prompt: tokenizer.encodeChat([{ role: 'user', content: prompt }], { addGenerationPrompt: true }),
    tokensMax: TOKENS,
    learn: true,
  }))
  const sampled = greedy.map((wanted, index) => {
    return { ...wanted, sampling: { ...SAMPLED[index % SAMPLED.length], seed: BigInt(index) } }
  })
  return [...greedy, ...sampled]
}
