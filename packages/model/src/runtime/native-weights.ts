import type { Checkpoint } from '../checkpoint/checkpoint.ts'
import { readLayer } from '../graph/layer-weights.ts'
import type { Matrix } from '../graph/matrix.ts'
import type { WeightFormat } from '../graph/projection.ts'
import { quantise, requireWholeBlocks } from '../graph/quantise.ts'
import { rotaryTables } from '../graph/rotary.ts'

/** What a target kernel is made of: the same numbers as the constants of the ONNX graph. */
export interface NativeWeights {
  readonly bits: 32 | 8 | 4
  readonly tensors: Readonly<Record<string, Float32Array>>
  readonly codes: Readonly<Record<string, Uint8Array>>
}

export async function readWeights(checkpoint: Checkpoint, format: WeightFormat): Promise<NativeWeights> {
  const { config, architecture } = checkpoint
  if (format !== 'fp32') requireWholeBlocks(config)
  const bits = bitsOf[format]
  const embedding = await checkpoint.floats(architecture.embedding)
  const tensors: Record<string, Float32Array> = {
    embedding,
    final_norm: await checkpoint.floats(architecture.finalNorm),
    ...rotaryTables(config),
  }
  const codes: Record<string, Uint8Array> = {}
  const put = (name: string, matrix: Matrix) => {
    if (bits === 32) tensors[name] = matrix.data
    else {
      const { blocks, scales } = quantise(matrix, bits)
      codes[name] = blocks
      tensors[`${name}.scales`] = scales
    }
  }
  // In full precision a tied head is the embedding: no name for it.
  if (!config.tiedHead || bits !== 32) {
    const data = config.tiedHead ? embedding : await checkpoint.floats(architecture.head)
    put('head', { rows: config.vocabularySize, columns: config.hiddenSize, data })
  }
  for (let layer = 0; layer < config.layers; layer += 1) {
    const weights = await readLayer(checkpoint, layer)
    const name = (part: string) => `layers.${layer}.${part}`
    tensors[name('norm')] = weights.inputNorm
    if (weights.headNorms) tensors[name('head_norms')] = weights.headNorms
    tensors[name('feed_forward_norm')] = weights.feedForwardNorm
    put(name('query_key_value'), weights.queryKeyValue)
    put(name('output'), weights.output)
    put(name('gate_up'), weights.gateUp)
    put(name('down'), weights.down)
  }
  return { bits, tensors, codes }
}

const bitsOf = { fp32: 32, int8: 8, int4: 4 } as const
