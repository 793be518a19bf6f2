import { openCheckpoint } from './checkpoint/checkpoint.ts'
import type { GenerationDefaults } from './checkpoint/generation.ts'
import { openTarget, type TargetOptions } from './runtime/open-target.ts'
import type { Target } from './target.ts'
import { Tokenizer } from './tokenizer/tokenizer.ts'

/** All that serving a model needs. */
export interface LoadedModel {
  /** The folder's name, unless the caller chose one. */
  readonly id: string
  /** Where its files are. */
  readonly folder: string
  readonly target: Target
  readonly tokenizer: Tokenizer
  readonly generationDefaults: GenerationDefaults
  /** Prompt and completion together never exceed it. */
  readonly contextLength: number
}

export interface LoadOptions extends TargetOptions {
  readonly id?: string
}

/** Opens a Hugging Face folder. Throws what openCheckpoint, openTarget and Tokenizer.open throw. */
export async function loadModel(folder: string, { id, ...options }: LoadOptions = {}): Promise<LoadedModel> {
  const checkpoint = await openCheckpoint(folder)
  const tokenizer = await Tokenizer.open(checkpoint.folder, checkpoint.generation.eosIds)
  return {
    id: id ?? checkpoint.id,
    folder: checkpoint.folder,
    target: await openTarget(checkpoint, options),
    tokenizer,
    generationDefaults: { ...checkpoint.generation, eosIds: tokenizer.eosIds },
    contextLength: checkpoint.config.positionsMax,
  }
}
