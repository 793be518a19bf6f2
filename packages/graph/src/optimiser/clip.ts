import type { GraphBuilder } from '../create.ts'
import type { Value } from '../ir.ts'

/**
 * Scales all gradients by one factor so that their common Euclidean norm is at most `normMax`. Source: Pascanu,
 * Mikolov & Bengio, "On the difficulty of training recurrent neural networks", ICML 2013, algorithm 1.
 *
 * Returns the norm before clipping, [], and the gradients in order. Infinity clips nothing.
 */
export function clipByGlobalNorm(graph: GraphBuilder, gradients: readonly Value[], normMax: number) {
  if (!(normMax > 0)) graph.refuse('clipByGlobalNorm', `a norm of at most ${normMax} leaves nothing`)
  const squares = gradients.map((gradient) =>
    graph.reduceSum(graph.mul(gradient, gradient), [...gradient.shape.keys()], { keepDims: false }),
  )
  const norm = graph.sqrt(squares.reduce((total, square) => graph.add(total, square)))
  if (normMax === Number.POSITIVE_INFINITY) return { norm, clipped: gradients }
  const number = (value: number) => graph.scalar(value, norm.dtype)
  const factor = graph.min(number(1), graph.div(number(normMax), graph.add(norm, number(normFloor))))
  return { norm, clipped: gradients.map((gradient) => graph.mul(gradient, factor)) }
}

/** Keeps the division defined where all gradients are zero; the value is PyTorch's. */
const normFloor = 1e-6
