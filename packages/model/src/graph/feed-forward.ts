import type { GraphBuilder, Value } from '@foretoken/graph'
import type { LayerWeights } from './layer-weights.ts'
import { project, type WeightFormat } from './projection.ts'

/** SwiGLU: down · (silu(gate · x) ∘ (up · x)), gate and up as one product. x and result [B, S, hidden]. */
export function feedForward(graph: GraphBuilder, x: Value, weights: LayerWeights, format: WeightFormat): Value {
  const { columns } = weights.down
  const [gate, up] = graph.split(project(graph, x, 'gate-up', weights.gateUp, format), [columns, columns])
  if (!gate || !up) throw new Error('a split into two gave fewer parts')
  return project(graph, graph.mul(graph.silu(gate), up), 'down', weights.down, format)
}
