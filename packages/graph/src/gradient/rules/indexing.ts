import { product, sameShape } from '../../dimension.ts'
import type { Value } from '../../ir.ts'
import { type Backward, inputOf, intOf, type Rule, zerosLike } from '../backward.ts'

/** What picks elements by position: the gradient is added back where each element came from. */
export const indexingRules: Readonly<Record<string, Rule>> = {
  Gather: (backward) => [() => gather(backward), undefined],
  GatherElements: (backward) => [
    () => {
      const { graph, node, dy } = backward
      const [x, indices] = [inputOf(backward, 0), inputOf(backward, 1)]
      return graph.scatterAdd(zerosLike(graph, x), indices, dy, intOf(node, 'axis', 0))
    },
    undefined,
  ],
  ScatterElements: (backward) => {
    const { graph, node, dy } = backward
    return [() => dy, undefined, () => graph.gatherElements(dy, inputOf(backward, 1), intOf(node, 'axis', 0))]
  },
  Slice: (backward) => [
    () => {
      const { graph, node, dy, integers } = backward
      const [start = 0, end = 0, axis = 0] = [1, 2, 3].flatMap((input) => integers(node.inputs[input]))
      const size = inputOf(backward, 0).shape[axis]
      if (typeof size !== 'number') return graph.refuse('Slice', `axis ${axis} is symbolic`)
      return graph.pad(dy, start, size - end, axis)
    },
  ],
}

/** x [front, D, back], indices [...], dy [front, ..., back]: rows of dy are added to rows of zeros. */
function gather(backward: Backward): Value {
  const { graph, node, dy } = backward
  const [x, indices] = [inputOf(backward, 0), inputOf(backward, 1)]
  const axis = intOf(node, 'axis', 0)
  const count = product(indices.shape)
  const [front, back] = [x.shape.slice(0, axis), x.shape.slice(axis + 1)]
  const flat = indices.shape.length === 1
  const rows = flat ? dy : graph.reshape(dy, [...front, count, ...back])
  const places = graph.reshape(indices, [...front.map(() => 1), count, ...back.map(() => 1)])
  const everywhere = sameShape(places.shape, rows.shape) ? places : graph.expandLike(places, rows)
  return graph.scatterAdd(zerosLike(graph, x), everywhere, rows, axis)
}
