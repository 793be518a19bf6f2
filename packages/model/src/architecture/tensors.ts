import type { ModelConfig } from '../checkpoint/config.ts'
import { type Architecture, inLayer } from './architecture.ts'

/** Each tensor that a checkpoint of this configuration must hold, with its shape. Matrices are [out, in]. */
export function expectedTensors(architecture: Architecture, config: ModelConfig): Map<string, readonly number[]> {
  const { hiddenSize, feedForwardSize, headDim, vocabularySize } = config
  const [queries, pairs] = [config.heads * headDim, config.keyValueHeads * headDim]
  const tensors = new Map<string, readonly number[]>([
    [architecture.embedding, [vocabularySize, hiddenSize]],
    [architecture.finalNorm, [hiddenSize]],
  ])
  if (!config.tiedHead) tensors.set(architecture.head, [vocabularySize, hiddenSize])
  const names = architecture.layer
  for (let layer = 0; layer < config.layers; layer += 1) {
    const add = (name: string, ...shape: number[]) => tensors.set(inLayer(name, layer), shape)
    add(names.inputNorm, hiddenSize)
    add(names.query, queries, hiddenSize)
    add(names.key, pairs, hiddenSize)
    add(names.value, pairs, hiddenSize)
    add(names.output, hiddenSize, queries)
    add(names.feedForwardNorm, hiddenSize)
    add(names.gate, feedForwardSize, hiddenSize)
    add(names.up, feedForwardSize, hiddenSize)
    add(names.down, hiddenSize, feedForwardSize)
    if (names.headNorms) {
      add(names.headNorms.query, headDim)
      add(names.headNorms.key, headDim)
    }
  }
  return tensors
}
