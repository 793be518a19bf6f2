import type { GraphBuilder } from '../create.ts'
import { formatShape, sameShape } from '../dimension.ts'
import type { Value } from '../ir.ts'

/**
 * What each row should predict over V classes: `shares` [..., V] for all of them; `shares` [..., K] for the K classes
 * in `indices` [..., K], the rest 0; or one class per row in `indices` [...].
 */
export type Target =
  | { readonly shares: Value; readonly indices?: never }
  | { readonly shares: Value; readonly indices: Value }
  | { readonly shares?: never; readonly indices: Value }

/**
 * −Σ share · log softmax(logits) in nats, for each row: logits [..., V] → [...]. Shares need not add up to 1: what is
 * missing, such as mass outside a draft's vocabulary, adds neither loss nor gradient.
 *
 * Throws GraphError when the target does not fit the logits.
 */
export function crossEntropy(graph: GraphBuilder, logits: Value, target: Target): Value {
  const logShares = graph.logSoftmax(logits)
  const last = logits.shape.length - 1
  if (!target.shares) {
    const picked = graph.gatherElements(logShares, graph.unsqueeze(target.indices, [last]))
    return graph.neg(graph.squeeze(picked, [last]))
  }
  const chosen = target.indices ? graph.gatherElements(logShares, target.indices) : logShares
  if (!sameShape(target.shares.shape, chosen.shape)) {
    const shapes = `${formatShape(target.shares.shape)} do not fit ${formatShape(chosen.shape)}`
    return graph.refuse('crossEntropy', `shares ${shapes}`)
  }
  return graph.neg(graph.reduceSum(graph.mul(target.shares, chosen), [last], { keepDims: false }))
}

/**
 * Σ weight · row ÷ Σ weight, one number; 0 when no row has weight, as in a batch without a trainable position.
 *
 * Throws GraphError when the shapes differ.
 */
export function weightedMean(graph: GraphBuilder, rows: Value, weights: Value): Value {
  if (!sameShape(rows.shape, weights.shape)) {
    graph.refuse('weightedMean', `weights ${formatShape(weights.shape)} do not fit ${formatShape(rows.shape)}`)
  }
  const total = (x: Value) => graph.reduceSum(x, [...x.shape.keys()], { keepDims: false })
  const least = graph.scalar(smallestWeight, rows.dtype)
  return graph.div(total(graph.mul(rows, weights)), graph.max(total(weights), least))
}

/** Keeps 0 ÷ 0 away and is far below any sum of weights that is meant. */
const smallestWeight = 1e-12
