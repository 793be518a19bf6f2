import { createGraph, type Graph, type GraphBuilder, type Value } from '@foretoken/graph'
import type { Checkpoint } from '../checkpoint/checkpoint.ts'
import type { ModelConfig } from '../checkpoint/config.ts'
import { type AttentionInputs, attention } from './attention.ts'
import { feedForward } from './feed-forward.ts'
import { readLayer } from './layer-weights.ts'
import { project, type WeightFormat } from './projection.ts'
import { requireWholeBlocks } from './quantise.ts'
import { rotaryTables } from './rotary.ts'

export interface TargetGraphOptions {
  readonly weights: WeightFormat
}

/**
 * The model as a graph: cache in, delta out.
 *
 * Inputs: tokens int32 [B, S]; positions int64 [B, S]; mask [B, 1, S, C + S]; score_sizes int64 [2] = C, S;
 * logit_rows int32 [R]; keys.N and values.N [B, keyValueHeads, C, headDim] for each layer N.
 * Outputs: logits [R, V]; hidden [R, hidden]; delta [2 · L · B, keyValueHeads, S, headDim], in memory the same as
 * [L, 2, B, keyValueHeads, S, headDim].
 */
export async function buildTargetGraph(checkpoint: Checkpoint, { weights }: TargetGraphOptions): Promise<Graph> {
  const { config, architecture } = checkpoint
  if (weights !== 'fp32') requireWholeBlocks(config)
  const graph = createGraph(`${checkpoint.id}-${weights}`)
  const tokens = graph.input('tokens', 'int32', ['batch', 'length'])
  const inputs = attentionInputs(graph, config)
  const rows = graph.input('logit_rows', 'int32', ['rows'])

  const { vocabularySize, hiddenSize, normEpsilon } = config
  const table = await checkpoint.floats(architecture.embedding)
  const embedding = graph.constant('embedding', 'float32', [vocabularySize, hiddenSize], table)
  let carried = graph.gather(embedding, tokens)
  let branch: Value | undefined
  /** Adds the last branch to the residual stream and normalises the sum. */
  const norm = (name: string, scale: Float32Array): Value => {
    const weight = graph.constant(name, 'float32', [hiddenSize], scale)
    if (!branch) return graph.rmsNorm(carried, weight, normEpsilon)
    const { normalised, sum } = graph.skipRmsNorm(branch, carried, weight, normEpsilon)
    carried = sum
    return normalised
  }

  const delta: Value[] = []
  for (let layer = 0; layer < config.layers; layer += 1) {
    const layerWeights = await readLayer(checkpoint, layer)
    const past = {
      keys: graph.input(`keys.${layer}`, 'float32', ['batch', config.keyValueHeads, 'capacity', config.headDim]),
      values: graph.input(`values.${layer}`, 'float32', ['batch', config.keyValueHeads, 'capacity', config.headDim]),
    }
    graph.scope(`layer.${layer}/attention`, () => {
      const x = norm('norm', layerWeights.inputNorm)
      const { output, keys, values } = attention(graph, x, config, layerWeights, inputs, past, weights)
      delta.push(keys, values)
      branch = output
    })
    graph.scope(`layer.${layer}/feed-forward`, () => {
      branch = feedForward(graph, norm('norm', layerWeights.feedForwardNorm), layerWeights, weights)
    })
  }

  const finalNorm = await checkpoint.floats(architecture.finalNorm)
  const headTable = config.tiedHead ? table : await checkpoint.floats(architecture.head)
  graph.scope('head', () => {
    const states = graph.reshape(norm('norm', finalNorm), [-1, hiddenSize])
    const hidden = graph.gather(states, rows)
    const head = { rows: vocabularySize, columns: hiddenSize, data: headTable }
    const tied = config.tiedHead && weights === 'fp32'
    const logits = tied
      ? graph.fusedMatMul(hidden, embedding, { transB: true })
      : project(graph, hidden, 'weight', head, weights)
    graph.output('logits', logits)
    graph.output('hidden', hidden)
  })
  graph.output('delta', graph.concat(delta, 0))
  return graph.finish()
}

function attentionInputs(graph: GraphBuilder, config: ModelConfig): AttentionInputs {
  const { cosine, sine } = rotaryTables(config)
  const tableShape = [config.positionsMax, config.headDim / 2]
  const mask = graph.input('mask', 'float32', ['batch', 1, 'length', '(capacity+length)'])
  const groups = config.heads / config.keyValueHeads
  return {
    positions: graph.input('positions', 'int64', ['batch', 'length']),
    cosine: graph.constant('cosine', 'float32', tableShape, cosine),
    sine: graph.constant('sine', 'float32', tableShape, sine),
    mask: groups === 1 ? mask : graph.concat(new Array<Value>(groups).fill(mask), 2),
    scoreSizes: graph.input('score_sizes', 'int64', [2]),
  }
}
