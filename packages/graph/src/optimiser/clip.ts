import type { GraphBuilder } from '../create.ts'
import type { Value } from '../ir.ts'

/**
 * The factor that brings the common Euclidean norm of all gradients down to `normMax`, 1 where it is not above.
 * Source: Pascanu, Mikolov & Bengio, "On the difficulty of training recurrent neural networks", ICML 2013, algorithm 1.
 *
 * Returns the norm before clipping and the factor, both []. Infinity clips nothing. The factor is not applied here:
 * folded into AdamW's own factors it costs no pass over the gradients.
 */
export function clipByGlobalNorm(graph: GraphBuilder, gradients: readonly Value[], normMax: number) {
  if (!(normMax > 0)) graph.refuse('clipByGlobalNorm', `a norm of at most ${normMax} leaves nothing`)
  const squares = gradients.map((gradient) =>
    graph.reduceSumSquare(gradient, [...gradient.shape.keys()], { keepDims: false }),
  )
  const norm = graph.sqrt(squares.reduce((total, square) => graph.add(total, square)))
  const number = (value: number) => graph.scalar(value, norm.dtype)
  const factor = graph.min(number(1), graph.div(number(normMax), graph.add(norm, number(normFloor))))
  return { norm, factor }
}

/** Keeps the division defined where all gradients are zero; the value is PyTorch's. */
const normFloor = 1e-6
