import type { GraphBuilder } from '../create.ts'
import { formatShape } from '../dimension.ts'
import type { Initialiser, Node, Shape, TensorData, Value } from '../ir.ts'

/** What a rule sees: the node, and the gradients of the loss with respect to its outputs. */
export interface Backward {
  readonly graph: GraphBuilder
  readonly node: Node
  /** The first output; most operators have no other. */
  readonly y: Value
  /** Its gradient, in its shape; for an operator with several outputs the first one that there is. */
  readonly dy: Value
  /** One for each output; undefined where the loss does not depend on it. */
  readonly gradients: readonly (Value | undefined)[]
  /** The numbers of an input that must be constant, such as the axes of a reduction. */
  readonly integers: (value: Value | undefined) => number[]
}

/**
 * Builds the gradient of one input, in its shape. Called only when that input needs one, so that no node is built in
 * vain; undefined when the loss does not depend on the input after all.
 */
export type Pullback = () => Value | undefined

/** A pullback for each input, in order; undefined where the operator has no derivative (indices, conditions). */
export type Rule = (backward: Backward) => readonly (Pullback | undefined)[]

export function integersOf(graph: GraphBuilder, initialisers: readonly Initialiser[]): Backward['integers'] {
  const dataOf = new Map<Value | undefined, TensorData>(initialisers.map(({ value, data }) => [value, data]))
  return (value) => {
    const data = dataOf.get(value) ?? graph.refuse('grad', `${value?.name ?? 'a missing input'} is not constant`)
    return Array.from(data, Number)
  }
}

/** Input `index` of the node, which the operator always has. */
export function inputOf({ graph, node }: Pick<Backward, 'graph' | 'node'>, index: number): Value {
  return node.inputs[index] ?? graph.refuse(node.op, `${node.name} has no input ${index}`)
}

/** A whole-number attribute, or what ONNX takes when it is absent. */
export function intOf(node: Node, name: string, otherwise: number): number {
  const attribute = node.attributes[name]
  return attribute?.kind === 'int' ? attribute.value : otherwise
}

export function floatOf(node: Node, name: string, otherwise: number): number {
  const attribute = node.attributes[name]
  return attribute?.kind === 'float' ? attribute.value : otherwise
}

/**
 * Takes a broadcast back: sums the gradient over the axes along which an operand of shape `to` was repeated.
 *
 * Symbolic sizes need no run-time check: the builder only let sizes broadcast that are equal or literally 1.
 */
export function sumTo(graph: GraphBuilder, gradient: Value, to: Shape): Value {
  const leading = gradient.shape.length - to.length
  if (leading < 0) return graph.refuse('grad', `${formatShape(gradient.shape)} did not come from ${formatShape(to)}`)
  const front = Array.from({ length: leading }, (_, axis) => axis)
  const within = to.flatMap((dim, axis) => (dim === 1 && gradient.shape[leading + axis] !== 1 ? [leading + axis] : []))
  if (within.length === 0) return leading === 0 ? gradient : graph.reduceSum(gradient, front, { keepDims: false })
  const summed = graph.reduceSum(gradient, [...front, ...within])
  return leading === 0 ? summed : graph.squeeze(summed, front)
}

export const zerosLike = (graph: GraphBuilder, like: Value): Value =>
  graph.expandLike(graph.scalar(0, like.dtype), like)
