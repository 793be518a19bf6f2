import { basename, resolve } from 'node:path'
import { toFloat32 } from '@foretoken/storage'
import type { Architecture } from '../architecture/architecture.ts'
import { architectureNames, architectures } from '../architecture/index.ts'
import { type ModelConfig, readConfig } from './config.ts'
import { CheckpointError } from './error.ts'
import { type GenerationDefaults, readGenerationDefaults } from './generation.ts'
import { readTensor, type StoredTensor } from './safetensors.ts'
import { locateWeights } from './weights.ts'

/** A validated Hugging Face folder. Weights stay on disk until `floats` asks for them. */
export interface Checkpoint {
  /** The folder's name. */
  readonly id: string
  readonly folder: string
  readonly architecture: Architecture
  readonly config: ModelConfig
  readonly generation: GenerationDefaults
  readonly tensors: ReadonlyMap<string, StoredTensor>
  /** The tensor as float32, in the file's order. */
  floats(name: string): Promise<Float32Array>
}

/** Opens a folder. Throws CheckpointError, naming file and field, when it cannot be served faithfully. */
export async function openCheckpoint(path: string): Promise<Checkpoint> {
  const folder = resolve(path)
  const config = await readConfig(folder)
  const architecture = architectures.get(config.architecture)
  if (!architecture) throw new CheckpointError('config.json', 'architectures', `only ${architectureNames.join(', ')}`)
  const generation = await readGenerationDefaults(folder)
  const tensors = await locateWeights(folder, architecture, config)
  const eosIds = generation.eosIds.length > 0 ? generation.eosIds : config.eosIds
  return {
    id: basename(folder),
    folder,
    architecture,
    config,
    generation: { ...generation, eosIds },
    tensors,
    async floats(name) {
      const tensor = tensors.get(name)
      if (!tensor) throw new CheckpointError('model.safetensors', name, 'is missing')
      return toFloat32(await readTensor(tensor))
    },
  }
}
