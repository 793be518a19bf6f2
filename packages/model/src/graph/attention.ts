import type { GraphBuilder, Value } from '@foretoken/graph'
import type { ModelConfig } from '../checkpoint/config.ts'
import type { LayerWeights } from './layer-weights.ts'
import { project, type WeightFormat } from './projection.ts'

/** What every layer's attention reads. B batch, S new tokens, C cache capacity, G queries per key-value head. */
export interface AttentionInputs {
  /** int64 [B, S] */
  readonly positions: Value
  /** [positions, headDim / 2] */
  readonly cosine: Value
  readonly sine: Value
  /** [B, 1, G·S, C + S], added to the scores. */
  readonly mask: Value
  /** int64 [2]: C and S. */
  readonly scoreSizes: Value
}

export interface LayerCache {
  /** [B, keyValueHeads, C, headDim] */
  readonly keys: Value
  readonly values: Value
}

/**
 * Attention of new rows over the cache and over themselves: two blocks of scores under one softmax, so that the cache
 * is only read. x [B, S, hidden] → output [B, S, hidden], new keys and values [B, keyValueHeads, S, headDim].
 *
 * Grouped queries fold into the rows of the score matrix, [B, keyValueHeads, G·S, …]: keys are never repeated.
 */
export function attention(
  graph: GraphBuilder,
  x: Value,
  config: ModelConfig,
  weights: LayerWeights,
  inputs: AttentionInputs,
  past: LayerCache,
  format: WeightFormat,
) {
  const fused = project(graph, x, 'query-key-value', weights.queryKeyValue, format)
  const { queries, keys, values } = headRows(graph, fused, config, weights, inputs)
  const pastScores = graph.fusedMatMul(queries, past.keys, { transB: true })
  const newScores = graph.fusedMatMul(queries, keys, { transB: true })
  const shares = graph.softmax(graph.add(graph.concat([pastScores, newScores], -1), inputs.mask))
  const [pastShares, newShares] = pair(graph.splitBy(shares, inputs.scoreSizes, ['capacity', 'length']))
  const attended = graph.add(graph.matMul(pastShares, past.values), graph.matMul(newShares, values))
  const output = project(graph, joinHeads(graph, attended, config), 'output', weights.output, format)
  return { output, keys, values }
}

/** Normalised, rotated rows per head: queries [B, keyValueHeads, G·S, headDim], keys and values with S rows. */
function headRows(
  graph: GraphBuilder,
  fused: Value,
  { heads, keyValueHeads, headDim, normEpsilon }: ModelConfig,
  weights: LayerWeights,
  inputs: AttentionInputs,
) {
  const rotatedHeads = heads + keyValueHeads
  const [flat, flatValues] = pair(graph.split(fused, [rotatedHeads * headDim, keyValueHeads * headDim]))
  let queriesKeys = graph.reshape(flat, ['batch', 'length', rotatedHeads, headDim])
  if (weights.headNorms) {
    // One kernel for all heads: the scale has a row per head and broadcasts over batch and length.
    const scale = graph.constant('head-norms', 'float32', [1, 1, rotatedHeads, headDim], weights.headNorms)
    queriesKeys = graph.rmsNorm(queriesKeys, scale, normEpsilon)
  }
  const byHead = graph.transpose(queriesKeys, [0, 2, 1, 3])
  const rotated = graph.rotaryEmbedding(byHead, inputs.positions, inputs.cosine, inputs.sine)
  const [queries, keys] = pair(graph.split(rotated, [heads, keyValueHeads], 1))
  const values = graph.reshape(flatValues, ['batch', 'length', keyValueHeads, headDim])
  return { queries: groupRows(graph, queries, keyValueHeads), keys, values: graph.transpose(values, [0, 2, 1, 3]) }
}

/** [B, heads, S, headDim] → [B, keyValueHeads, G·S, headDim], the same elements in the same order. */
function groupRows(graph: GraphBuilder, queries: Value, keyValueHeads: number): Value {
  const [batch = 1, heads, , headDim = 1] = queries.shape
  return heads === keyValueHeads ? queries : graph.reshape(queries, [batch, keyValueHeads, -1, headDim])
}

/** [B, keyValueHeads, G·S, headDim] → [B, S, heads · headDim]. */
function joinHeads(graph: GraphBuilder, attended: Value, { heads, keyValueHeads, headDim }: ModelConfig): Value {
  const ungrouped = ['batch', heads, 'length', headDim]
  const byHead = heads === keyValueHeads ? attended : graph.reshape(attended, ungrouped)
  return graph.reshape(graph.transpose(byHead, [0, 2, 1, 3]), ['batch', 'length', heads * headDim])
}

function pair(values: readonly Value[]): [Value, Value] {
  const [first, second] = values
  if (!first || !second) throw new Error('a split into two gave fewer parts')
  return [first, second]
}
