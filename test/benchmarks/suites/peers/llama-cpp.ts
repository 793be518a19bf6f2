import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type {
  Llama,
  LlamaContextOptions,
  LlamaContextSequence,
  LlamaModel,
  Token,
  TokenPredictor,
} from 'node-llama-cpp'
import type { Contender } from './contender.ts'
import { type GgufWeights, writeGguf } from './gguf/model.ts'
import { LLAMA_THREADS, THREADS } from './settings.ts'

type Library = typeof import('node-llama-cpp')

export type LlamaCpp = { readonly ok: true; readonly library: Library; readonly llama: Llama } | LlamaCppMissing
export interface LlamaCppMissing {
  readonly ok: false
  readonly reason: string
}

/** The prebuilt llama.cpp that node-llama-cpp brings. Nothing is downloaded or compiled; where it is missing, says why. */
export async function openLlamaCpp(): Promise<LlamaCpp> {
  try {
    const library = await import('node-llama-cpp')
    const { getLlama, LlamaLogLevel } = library
    const quiet = { progressLogs: false, logLevel: LlamaLogLevel.error }
    const llama = await getLlama({ gpu: false, build: 'never', skipDownload: true, maxThreads: THREADS, ...quiet })
    return { ok: true, library, llama }
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) }
  }
}

export interface LlamaModels {
  readonly library: Library
  readonly target: LlamaModel
  /** The target's first layers under its own head: a draft that nobody trained, where that is played. */
  readonly draft: LlamaModel | undefined
  /** llama.cpp's own type of each token id. */
  readonly tokens: readonly Token[]
  readonly contextLength: number
  readonly completionTokensMax: number
  readonly endIds: readonly number[]
}

export interface LlamaModelsOptions {
  readonly checkpoint: string
  readonly weights: GgufWeights
  /** Where the GGUF files are written. */
  readonly folder: string
  /** Layers of the draft model; absent: none is made. */
  readonly draftLayers?: number | undefined
  readonly contextLength: number
  readonly completionTokensMax: number
  readonly endIds: readonly number[]
}

/**
 * Writes the checkpoint as GGUF and loads it, until the process ends: seen in node-llama-cpp 3.21, disposing of a model
 * now and then waits for ever after its draft predictor was used.
 */
export async function loadLlamaModels(
  { library, llama }: Extract<LlamaCpp, { ok: true }>,
  { checkpoint, weights, folder, draftLayers, ...limits }: LlamaModelsOptions,
): Promise<LlamaModels> {
  await mkdir(folder, { recursive: true })
  const load = async (name: string, layers?: number) => {
    const modelPath = join(folder, `${name}-${weights}.gguf`)
    await writeGguf(checkpoint, modelPath, { weights, ...(layers ? { layers } : {}) })
    return await llama.loadModel({ modelPath })
  }
  const target = await load('target')
  const draft = draftLayers === undefined ? undefined : await load('draft', draftLayers)
  return { library, target, draft, tokens: [...target.iterateAllTokens()], ...limits }
}

export interface Configuration {
  readonly name: string
  /** Absent: LLAMA_THREADS. */
  readonly threads?: number
  /** The cache as the weights are; llama.cpp's default is half precision. */
  readonly cache?: 'F32'
  predictor?(models: LlamaModels): Promise<TokenPredictor>
}

const lookupOf8: Configuration['predictor'] = async ({ library }) =>
  new library.InputLookupTokenPredictor({ predictionLength: { max: 8 } })

/**
 * Of the reference target: `plain` and `lookup` as they come, and with the cache in full precision or with longer
 * proposals. Its draft predictor drafts beside the target unless it is told to wait for some tokens, and hardly any is
 * ever ready in time; hence the least number.
 */
export const CONFIGURATIONS: readonly Configuration[] = [
  { name: 'llama.cpp plain' },
  { name: 'llama.cpp plain, fp32 cache', cache: 'F32' },
  { name: 'llama.cpp lookup', predictor: async ({ library }) => new library.InputLookupTokenPredictor() },
  { name: 'llama.cpp lookup of 8', predictor: lookupOf8 },
  {
    name: 'llama.cpp draft',
    async predictor({ library, draft, contextLength }) {
      if (!draft) throw new Error('there is no draft model')
      const context = await draft.createContext({ contextSize: contextLength, threads: OWN })
      const options = { minTokens: 2, maxTokens: 4, minConfidence: 0.3 }
      return new library.DraftSequenceTokenPredictor(context.getSequence(), options)
    },
  },
]

/** Of a larger target, for which two threads may be faster than one, or not: depending on what else runs. */
export const LARGE_CONFIGURATIONS: readonly Configuration[] = [
  { name: 'llama.cpp plain' },
  { name: 'llama.cpp plain, 2 threads', threads: 2 },
  { name: 'llama.cpp lookup of 8', predictor: lookupOf8 },
  { name: 'llama.cpp lookup of 8, 2 threads', threads: 2, predictor: lookupOf8 },
]

const OWN = { ideal: LLAMA_THREADS, min: LLAMA_THREADS }

/** A context of so many sequences, which llama.cpp batches by itself. */
export async function llamaContender(
  models: LlamaModels,
  { name, cache, threads, predictor }: Configuration,
  batch: number,
): Promise<Contender> {
  const { target, contextLength } = models
  const precision: LlamaContextOptions = cache
    ? { experimentalKvCacheKeyType: cache, experimentalKvCacheValueType: cache }
    : {}
  const context = await target.createContext({
    contextSize: contextLength,
    sequences: batch,
    threads: threads === undefined ? OWN : { ideal: threads, min: threads },
    ...precision,
  })
  const free: LlamaContextSequence[] = []
  for (let at = 0; at < batch; at++) {
    const tokenPredictor = await predictor?.(models)
    free.push(context.getSequence(tokenPredictor ? { tokenPredictor } : {}))
  }
  return {
    name,
    async complete({ prompt }) {
      const sequence = free.pop()
      if (!sequence) throw new Error(`${name} was asked for more than ${batch} completions at once`)
      try {
        return await generate(models, sequence, prompt)
      } finally {
        free.push(sequence)
      }
    },
  }
}

/** Nothing is kept from the request before: the engine's requests share no prefix either. */
async function generate(models: LlamaModels, sequence: LlamaContextSequence, prompt: readonly number[]) {
  const { tokens, endIds, completionTokensMax } = models
  await sequence.clearHistory()
  const input = prompt.flatMap((id) => tokens[id] ?? [])
  sequence.tokenPredictor?.updateInputTokens(input)
  const completion: number[] = []
  for await (const token of sequence.evaluate(input, { temperature: 0, yieldEogToken: true })) {
    completion.push(token)
    if (endIds.includes(token) || completion.length === completionTokensMax) break
  }
  return completion
}
