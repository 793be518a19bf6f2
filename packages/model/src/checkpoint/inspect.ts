import { expectedTensors } from '../architecture/tensors.ts'
import type { WeightFormat } from '../graph/projection.ts'
import { blockSize } from '../graph/quantise.ts'
import { Tokenizer } from '../tokenizer/tokenizer.ts'
import { type Checkpoint, openCheckpoint } from './checkpoint.ts'
import type { StoredType } from './safetensors.ts'

/** What an operator wants to know about a model folder before serving it. */
export interface CheckpointSummary {
  readonly id: string
  readonly architecture: string
  readonly parameters: number
  /** How the files store the weights. */
  readonly storedAs: readonly StoredType[]
  readonly layers: number
  readonly hiddenSize: number
  readonly heads: number
  readonly keyValueHeads: number
  readonly headDim: number
  readonly contextLength: number
  readonly vocabularySize: number
  readonly tiedHead: boolean
  readonly ropeScaling: string
  readonly eosIds: readonly number[]
  readonly hasChatTemplate: boolean
  /** Bytes of the weights when served, by format. */
  readonly weightBytes: Readonly<Record<WeightFormat, number>>
  /** Bytes of keys and values that one cached token takes. */
  readonly cacheBytesPerToken: number
}

/** Validates the folder as serving it would, short of compiling it. Throws what openCheckpoint and Tokenizer.open do. */
export async function inspectCheckpoint(folder: string): Promise<CheckpointSummary> {
  const checkpoint = await openCheckpoint(folder)
  const { config, generation } = checkpoint
  const tokenizer = await Tokenizer.open(checkpoint.folder, generation.eosIds)
  const { architecture, layers, hiddenSize, heads, keyValueHeads, headDim, vocabularySize, tiedHead } = config
  const shape = { layers, hiddenSize, heads, keyValueHeads, headDim, vocabularySize, tiedHead }
  const { embedding, projections, vectors } = elements(checkpoint)
  const quantised = (bits: number) => {
    const head = tiedHead ? embedding : 0
    return 4 * (embedding + vectors) + (projections + head) * (bits / 8 + 4 / blockSize)
  }
  return {
    id: checkpoint.id,
    architecture,
    parameters: embedding + projections + vectors,
    storedAs: [...new Set([...checkpoint.tensors.values()].map(({ dtype }) => dtype))],
    ...shape,
    contextLength: config.positionsMax,
    ropeScaling: config.rope.scaling.type,
    eosIds: tokenizer.eosIds,
    hasChatTemplate: tokenizer.hasChatTemplate,
    weightBytes: { fp32: 4 * (embedding + projections + vectors), int8: quantised(8), int4: quantised(4) },
    cacheBytesPerToken: layers * 2 * keyValueHeads * headDim * 4,
  }
}

/** Numbers of weights: the embedding table, matrices of products, norms. */
function elements({ architecture, config }: Checkpoint) {
  const counts = { embedding: 0, projections: 0, vectors: 0 }
  for (const [name, shape] of expectedTensors(architecture, config)) {
    const kind = name === architecture.embedding ? 'embedding' : shape.length === 2 ? 'projections' : 'vectors'
    counts[kind] += shape.reduce((count, dim) => count * dim, 1)
  }
  return counts
}
