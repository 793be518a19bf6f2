import type { Value } from '../../ir.ts'
import { type Backward, inputOf, intOf, type Rule, zerosLike } from '../backward.ts'

/** Sums, means and maxima along axes, and what normalises along one. */
export const reduceRules: Readonly<Record<string, Rule>> = {
  ReduceSum: (backward) => [() => backward.graph.expandLike(kept(backward, backward.dy), inputOf(backward, 0))],
  ReduceSumSquare: (backward) => [
    () => {
      const { graph, dy } = backward
      const x = inputOf(backward, 0)
      return graph.mul(x, graph.mul(kept(backward, dy), graph.scalar(2, x.dtype)))
    },
  ],
  ReduceMean: (backward) => [
    () => {
      const { graph, dy } = backward
      return graph.expandLike(kept(backward, graph.mul(dy, share(backward))), inputOf(backward, 0))
    },
  ],
  /** Elements that share the largest value share its gradient. */
  ReduceMax: (backward) => [
    () => {
      const { graph, dy, y, integers, node } = backward
      const x = inputOf(backward, 0)
      const largest = graph.cast(graph.equal(x, kept(backward, y)), x.dtype)
      const count = graph.reduceSum(largest, integers(node.inputs[1]))
      return graph.mul(largest, graph.div(kept(backward, dy), count))
    },
  ],
  Softmax: ({ graph, node, y, dy }) => [
    () => {
      const common = graph.reduceSum(graph.mul(dy, y), [intOf(node, 'axis', -1)])
      return graph.mul(y, graph.sub(dy, common))
    },
  ],
  LogSoftmax: ({ graph, node, y, dy }) => [
    () => graph.sub(dy, graph.mul(graph.exp(y), graph.reduceSum(dy, [intOf(node, 'axis', -1)]))),
  ],
  TopK: (backward) => [
    () => {
      const { graph, node, dy } = backward
      const x = inputOf(backward, 0)
      const [, indices] = node.outputs
      if (!indices) return graph.refuse('TopK', 'has no indices')
      return graph.scatterAdd(zerosLike(graph, x), indices, dy, intOf(node, 'axis', -1))
    },
  ],
}

/** A result of the reduction with the reduced axes put back as size 1, where the node dropped them and it matters. */
function kept({ graph, node, integers }: Backward, value: Value): Value {
  const fits = intOf(node, 'keepdims', 1) === 1 || value.shape.length === 0
  return fits ? value : graph.unsqueeze(value, integers(node.inputs[1]))
}

/** 1 ÷ the number of elements behind each mean; the run counts them when a size is symbolic. */
function share(backward: Backward): Value {
  const { graph, node, y, integers } = backward
  const x = inputOf(backward, 0)
  const sizes = integers(node.inputs[1]).map((axis) => x.shape[axis])
  const count = sizes.reduce<number>((total, size) => (typeof size === 'number' ? total * size : Number.NaN), 1)
  if (!Number.isNaN(count)) return graph.scalar(1 / count, x.dtype)
  return graph.div(graph.cast(graph.sizeOf(y), x.dtype), graph.cast(graph.sizeOf(x), x.dtype))
}
