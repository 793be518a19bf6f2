import {
  createGraph,
  type Graph,
  type GraphBuilder,
  type TrainingStep,
  trainingStep,
  type Value,
} from '@foretoken/graph'
import type { Checkpoint } from '@foretoken/model'

/** What a low-rank change of the weights is made of: every projection has a pair, y = x Wᵀ + x a b. */
export interface PolicyShape {
  readonly rank: number
  /** [rank's factors] by name, `<layer>.<module>.a` [in, rank] and `<layer>.<module>.b` [rank, out]. */
  readonly parameters: Readonly<Record<string, readonly [number, number]>>
}

export const MODULES = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'] as const
export type Module = (typeof MODULES)[number]

/** Where Hugging Face's checkpoints have it. */
export function weightName(layer: number, module: Module): string {
  const part = module.startsWith('gate') || module.startsWith('up') || module.startsWith('down') ? 'mlp' : 'self_attn'
  return `model.layers.${layer}.${part}.${module}.weight`
}

export function policyShape({ config, tensors }: Checkpoint, rank: number): PolicyShape {
  const pairs = Array.from({ length: config.layers }, (_, layer) =>
    MODULES.flatMap((module): [string, readonly [number, number]][] => {
      const [out = 0, columns = 0] = tensors.get(weightName(layer, module))?.shape ?? []
      return [
        [`${layer}.${module}.a`, [columns, rank]],
        [`${layer}.${module}.b`, [rank, out]],
      ]
    }),
  )
  return { rank, parameters: Object.fromEntries(pairs.flat()) }
}

/**
 * A step of policy gradient on whole sequences. Inputs: tokens int32 [B, S], padded behind; positions int64 [B, S];
 * mask [1, 1, S, S], causal; rows int64 [R] of the flattened [B·S] whose next token was drawn, labels int64 [R] and
 * weights [R], the advantage of each. The loss is −Σ weight · log share.
 */
export async function policyTraining(checkpoint: Checkpoint, shape: PolicyShape): Promise<TrainingStep> {
  const { graph, values, logShares } = await forward(checkpoint, shape)
  const weights = graph.input('weights', 'float32', ['rows'])
  const loss = graph.neg(graph.reduceSum(graph.mul(logShares, weights), [0], { keepDims: false }))
  const parameters = [...values.values()].map((value) => ({ value, decay: 'none' as const }))
  return trainingStep({ graph, loss, parameters })
}

/** The same sequences' log_shares [R], under a policy. */
export async function policyJudging(checkpoint: Checkpoint, shape: PolicyShape): Promise<Graph> {
  const { graph, logShares } = await forward(checkpoint, shape)
  graph.output('log_shares', logShares)
  return graph.finish()
}

async function forward(checkpoint: Checkpoint, shape: PolicyShape) {
  const { config, architecture } = checkpoint
  const graph = createGraph('policy')
  const values = new Map(
    Object.entries(shape.parameters).map(([name, size]) => [name, graph.input(`parameter/${name}`, 'float32', size)]),
  )
  const inputs = attentionInputs(graph, checkpoint)
  const layer = await layers(graph, checkpoint, values)
  const { vocabularySize, hiddenSize, normEpsilon } = config
  const table = await checkpoint.floats(architecture.embedding)
  const embedding = graph.constant('embedding', 'float32', [vocabularySize, hiddenSize], table)
  let x = graph.gather(embedding, graph.input('tokens', 'int32', ['batch', 'length']))
  for (let at = 0; at < config.layers; at++) x = await layer(at, x, inputs)
  const scale = graph.constant('norm', 'float32', [hiddenSize], await checkpoint.floats(architecture.finalNorm))
  const states = graph.reshape(graph.rmsNorm(x, scale, normEpsilon), [-1, hiddenSize])
  const hidden = graph.gather(states, graph.input('rows', 'int64', ['rows']))
  const head = config.tiedHead
    ? embedding
    : graph.constant('head', 'float32', [vocabularySize, hiddenSize], await checkpoint.floats(architecture.head))
  const logits = graph.fusedMatMul(hidden, head, { transB: true })
  const labels = graph.unsqueeze(graph.input('labels', 'int64', ['rows']), [1])
  const logShares = graph.squeeze(graph.gatherElements(graph.logSoftmax(logits), labels), [1])
  return { graph, values, logShares }
}

interface AttentionInputs {
  readonly positions: Value
  readonly cosine: Value
  readonly sine: Value
  readonly mask: Value
}

function attentionInputs(graph: GraphBuilder, { config }: Checkpoint): AttentionInputs {
  const half = config.headDim / 2
  const angles = Float64Array.from({ length: config.positionsMax * half }, (_, at) => {
    return Math.floor(at / half) / config.rope.theta ** ((at % half) / half)
  })
  const table = (name: string, of: (angle: number) => number) =>
    graph.constant(name, 'float32', [config.positionsMax, half], Float32Array.from(angles, of))
  return {
    positions: graph.input('positions', 'int64', ['batch', 'length']),
    cosine: table('cosine', Math.cos),
    sine: table('sine', Math.sin),
    mask: graph.input('mask', 'float32', [1, 1, 'length', 'length']),
  }
}

type Layer = (at: number, x: Value, inputs: AttentionInputs) => Promise<Value>

/** Qwen3's: norms of queries and keys, as many heads of keys as of queries, SwiGLU. */
async function layers(graph: GraphBuilder, checkpoint: Checkpoint, values: ReadonlyMap<string, Value>): Promise<Layer> {
  const { heads, keyValueHeads, headDim, normEpsilon, rope } = checkpoint.config
  if (heads !== keyValueHeads || rope.scaling.type !== 'default')
    throw new Error('only the reference target is updated')
  const constant = async (name: string) =>
    graph.constant(name, 'float32', checkpoint.tensors.get(name)?.shape ?? [], await checkpoint.floats(name))
  const project = async (at: number, module: Module, x: Value) => {
    const [a, b] = [values.get(`${at}.${module}.a`), values.get(`${at}.${module}.b`)]
    if (!a || !b) return graph.refuse('project', `no pair for ${at}.${module}`)
    const frozen = graph.fusedMatMul(x, await constant(weightName(at, module)), { transB: true })
    return graph.add(frozen, graph.matMul(graph.matMul(x, a), b))
  }
  const norm = async (name: string, x: Value) => graph.rmsNorm(x, await constant(name), normEpsilon)
  const byHead = (x: Value) => graph.reshape(x, ['batch', 'length', heads, headDim])
  const attention = async (at: number, x: Value, { positions, cosine, sine, mask }: AttentionInputs) => {
    const rotated = async (module: 'q_proj' | 'k_proj', scale: string) => {
      const normed = await norm(`model.layers.${at}.self_attn.${scale}.weight`, byHead(await project(at, module, x)))
      return graph.rotaryEmbedding(graph.transpose(normed, [0, 2, 1, 3]), positions, cosine, sine)
    }
    const [queries, keys] = [await rotated('q_proj', 'q_norm'), await rotated('k_proj', 'k_norm')]
    const rows = graph.transpose(byHead(await project(at, 'v_proj', x)), [0, 2, 1, 3])
    const scores = graph.fusedMatMul(queries, keys, { transB: true, alpha: headDim ** -0.5 })
    const attended = graph.matMul(graph.softmax(graph.add(scores, mask)), rows)
    const joined = graph.reshape(graph.transpose(attended, [0, 2, 1, 3]), ['batch', 'length', heads * headDim])
    return await project(at, 'o_proj', joined)
  }
  const feedForward = async (at: number, x: Value) => {
    const gate = graph.silu(await project(at, 'gate_proj', x))
    return await project(at, 'down_proj', graph.mul(gate, await project(at, 'up_proj', x)))
  }
  return async (at, x, inputs) => {
    const attended = await attention(at, await norm(`model.layers.${at}.input_layernorm.weight`, x), inputs)
    const middle = graph.add(x, attended)
    const normed = await norm(`model.layers.${at}.post_attention_layernorm.weight`, middle)
    return graph.add(middle, await feedForward(at, normed))
  }
}
