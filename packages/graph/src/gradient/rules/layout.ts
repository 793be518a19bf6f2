import type { GraphBuilder } from '../../create.ts'
import type { Value } from '../../ir.ts'
import { type Backward, inputOf, intOf, type Pullback, type Rule, sumTo, zerosLike } from '../backward.ts'

/** What moves or regroups elements: the gradient moves back. */
export const layoutRules: Readonly<Record<string, Rule>> = {
  Reshape: (backward) => [() => backward.graph.reshapeLike(backward.dy, inputOf(backward, 0))],
  Transpose: ({ graph, node, dy }) => [
    () => {
      const order = node.attributes.perm?.kind === 'ints' ? node.attributes.perm.value : []
      return graph.transpose(
        dy,
        [...order.keys()].map((axis) => order.indexOf(axis)),
      )
    },
  ],
  Unsqueeze: ({ graph, node, dy, integers }) => [() => graph.squeeze(dy, integers(node.inputs[1]))],
  Squeeze: ({ graph, node, dy, integers }) => [() => graph.unsqueeze(dy, integers(node.inputs[1]))],
  Expand: (backward) => [() => sumTo(backward.graph, backward.dy, inputOf(backward, 0).shape)],
  Concat: (backward) => concat(backward),
  Split: ({ graph, node, gradients }) => [
    () => {
      const parts = node.outputs.map((output, index) => gradients[index] ?? zerosLike(graph, output))
      return graph.concat(parts, intOf(node, 'axis', 0))
    },
  ],
  Pad: (backward) => [
    () => {
      const { graph, node, dy, integers } = backward
      const [before = 0] = integers(node.inputs[1])
      const [axis = 0] = integers(node.inputs[3])
      const size = inputOf(backward, 0).shape[axis]
      if (typeof size !== 'number') return graph.refuse('Pad', `axis ${axis} is symbolic`)
      return graph.slice(dy, before, before + size, axis)
    },
  ],
}

/** A part of known place is cut out; sizes that only the run knows are read from the parts. */
function concat({ graph, node, dy }: Backward): Pullback[] {
  const axis = intOf(node, 'axis', 0)
  const parts = node.inputs.filter((part) => part !== undefined)
  const sizes = parts.map((part) => part.shape[axis] ?? 1)
  const known = sizes.filter((size) => typeof size === 'number')
  if (known.length === sizes.length) {
    const ends = known.map((_, index) => known.slice(0, index + 1).reduce((total, size) => total + size, 0))
    return ends.map((end, index) => () => graph.slice(dy, end - (known[index] ?? 0), end, axis))
  }
  let shares: Value[] | undefined
  return parts.map((_, index) => () => {
    shares ??= graph.splitBy(dy, lengths(graph, parts, axis), sizes, axis)
    return shares[index]
  })
}

/** The sizes of the parts along the axis, int64 [parts]. */
const lengths = (graph: GraphBuilder, parts: readonly Value[], axis: number): Value =>
  graph.concat(
    parts.map((part) => graph.shapeOf(part, axis, axis + 1)),
    0,
  )
