import { type ConfidenceParameters, confidence } from '@foretoken/drafting'
import { type GraphBuilder, type Value, weightedMean } from '@foretoken/graph'

export interface LossOptions {
  readonly depth: number
  /**
   * Weight of what follows a rejection, relative to the same depth without one. A position behind a rejection is never
   * verified, so it needs no training; a little of it keeps the first epochs from starving the later depths.
   */
  readonly afterRejection: number
  /** Whether the confidence output is trained too; an adapter keeps the static draft's. */
  readonly calibrate: boolean
}

export const LOSS_DEFAULTS: LossOptions = { depth: 5, afterRejection: 0.3, calibrate: true }

export interface Predictions {
  /** [M, s], M = depth · N */
  readonly states: Value
  /** [M, classes + 1]: the last one stands for tokens that can't be drafted. */
  readonly logits: Value
}

/**
 * What a draft is trained for: to be accepted.
 *
 * Per prediction the LK hybrid (research notes, section 5.4): λ · CE(p, q) + (1 − λ) · TV(p, q) with the target's
 * likeliest tokens as p and λ = exp(−3α), α = Σ min(p, q) being the chance of acceptance. While the draft is poor this
 * is cross-entropy, whose gradient reaches everywhere; as it gets good it is the acceptance itself. Mass of p outside
 * the draft's vocabulary is in no minimum: it counts as rejected.
 *
 * And a binary cross-entropy that fits the confidence output to whether the draft's choice was the committed token,
 * where all choices before it were. It trains the confidence alone.
 *
 * Inputs, depth-major: target_places int64 [M, K] and target_shares [M, K] (0 where the draft lacks the token), labels
 * int64 [M] (−1: lacks it), weights [M] (0 beyond the end of the request).
 */
export function draftLoss(
  graph: GraphBuilder,
  predictions: Predictions,
  parameters: ConfidenceParameters,
  options: LossOptions,
): Value {
  const { depth } = options
  const rows = `${depth}*batch`
  const shares = graph.input('target_shares', 'float32', [rows, TARGETS])
  const targets = graph.input('target_places', 'int64', [rows, TARGETS])
  const weights = graph.input('weights', 'float32', [rows])
  const logShares = graph.logSoftmax(predictions.logits)
  const { matches, confidences } = choices(graph, predictions, logShares, parameters)
  const one = graph.scalar(1)

  const picked = graph.gatherElements(logShares, targets)
  const total = (x: Value) => graph.reduceSum(x, [1], { keepDims: false })
  const crossEntropy = graph.neg(total(graph.mul(shares, picked)))
  const acceptance = total(graph.min(shares, graph.exp(picked)))
  const mix = graph.exp(graph.mul(graph.scalar(-3), graph.stopGradient(acceptance)))
  const hybrid = graph.add(graph.mul(mix, crossEntropy), graph.mul(graph.sub(one, mix), graph.sub(one, acceptance)))

  const reached = reachedBy(graph, matches, depth)
  const rest = graph.scalar(options.afterRejection)
  const dampened = graph.add(rest, graph.mul(reached, graph.sub(one, rest)))
  const drafting = weightedMean(graph, hybrid, graph.stopGradient(graph.mul(weights, dampened)))
  if (!options.calibrate) return drafting
  // softplus(c) − y·c, written so that large logits stay finite: max(c, 0) − y·c + log(1 + e^−|c|)
  const surprise = graph.add(
    graph.sub(graph.relu(confidences), graph.mul(matches, confidences)),
    graph.log(graph.add(one, graph.exp(graph.neg(graph.abs(confidences))))),
  )
  const calibration = weightedMean(graph, surprise, graph.stopGradient(graph.mul(weights, reached)))
  return graph.add(drafting, calibration)
}

/** matches [M]: 1 where the draft's choice is the label; confidences [M]: logits that it will be. */
export function choices(
  graph: GraphBuilder,
  { states, logits }: Predictions,
  logShares: Value,
  parameters: ConfidenceParameters,
): { matches: Value; confidences: Value } {
  const labels = graph.input('labels', 'int64', logits.shape.slice(0, 1))
  const draftable = graph.stopGradient(graph.slice(logShares, 0, -1))
  const matches = graph.stopGradient(graph.cast(graph.equal(graph.argMax(draftable), labels), 'float32'))
  const top = graph.stopGradient(graph.reduceMax(draftable, [1]))
  const confidences = graph.squeeze(confidence(graph, graph.stopGradient(states), top, parameters), [1])
  return { matches, confidences }
}

/** [M] → [M]: 1 where all choices at smaller depths matched. */
function reachedBy(graph: GraphBuilder, matches: Value, depth: number): Value {
  const byDepth = graph.reshape(matches, [depth, 'batch'])
  const reached: Value[] = []
  for (let at = 0; at < depth; at++) {
    const before = reached[at - 1]
    const own = at === 0 ? undefined : graph.slice(byDepth, at - 1, at, 0)
    if (!own) reached.push(graph.add(graph.mul(graph.slice(byDepth, 0, 1, 0), graph.scalar(0)), graph.scalar(1)))
    else reached.push(before ? graph.mul(before, own) : own)
  }
  return graph.reshape(graph.concat(reached, 0), [`${depth}*batch`])
}

/** K: how many of the target's likeliest tokens a prediction is compared with; what traces hold. */
export const TARGETS = 8
