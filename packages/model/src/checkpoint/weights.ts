import { join } from 'node:path'
import { z } from 'zod'
import type { Architecture } from '../architecture/architecture.ts'
import { expectedTensors } from '../architecture/tensors.ts'
import type { ModelConfig } from './config.ts'
import { CheckpointError } from './error.ts'
import { readOptionalJson } from './json.ts'
import { readSafetensorsHeader, type StoredTensor } from './safetensors.ts'

const singleFile = 'model.safetensors'
const indexFile = 'model.safetensors.index.json'
const index = z.looseObject({ weight_map: z.record(z.string(), z.string()) })

/**
 * Finds every tensor of the folder, in one file or in the shards that an index names, and checks that they are the
 * ones the configuration needs: none missing, none mis-shaped, none left over.
 */
export async function locateWeights(
  folder: string,
  architecture: Architecture,
  config: ModelConfig,
): Promise<Map<string, StoredTensor>> {
  const shards = await readOptionalJson(folder, indexFile, index)
  const found = shards ? await readShards(folder, shards.weight_map) : await readFile(folder, singleFile)
  const where = shards ? indexFile : singleFile
  const expected = expectedTensors(architecture, config)
  for (const [name, shape] of expected) {
    const tensor = found.get(name)
    if (!tensor) throw new CheckpointError(where, name, 'is missing')
    if (tensor.shape.join() !== shape.join()) {
      throw new CheckpointError(where, name, `is [${tensor.shape.join(', ')}], expected [${shape.join(', ')}]`)
    }
  }
  for (const name of found.keys()) {
    // Some writers store the tied head a second time; transformers ignores it too.
    const redundant = architecture.ignored.test(name) || (config.tiedHead && name === architecture.head)
    if (!expected.has(name) && !redundant) {
      throw new CheckpointError(where, name, `is not part of ${architecture.name}`)
    }
  }
  return found
}

const readFile = (folder: string, file: string) => readSafetensorsHeader(join(folder, file))

async function readShards(folder: string, weightMap: Record<string, string>): Promise<Map<string, StoredTensor>> {
  const files = new Map<string, Map<string, StoredTensor>>()
  const tensors = new Map<string, StoredTensor>()
  for (const file of new Set(Object.values(weightMap))) {
    // A name from a file must not lead out of the folder.
    if (/[\\/]/.test(file)) throw new CheckpointError(indexFile, 'weight_map', `"${file}" is not a file name`)
    files.set(file, await readFile(folder, file))
  }
  for (const [name, file] of Object.entries(weightMap)) {
    const tensor = files.get(file)?.get(name)
    if (!tensor) throw new CheckpointError(indexFile, name, `is not in ${file}`)
    tensors.set(name, tensor)
  }
  for (const [file, stored] of files) {
    const unlisted = [...stored.keys()].find((name) => weightMap[name] !== file)
    if (unlisted) throw new CheckpointError(file, unlisted, `is not listed in ${indexFile}`)
  }
  return tensors
}
