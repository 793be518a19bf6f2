import type { GraphBuilder, Value } from '@foretoken/graph'

/**
 * The recurrent draft's arithmetic, once for training and inference. Source of the form: ReDrafter (Cheng et al. 2024)
 * and Arctic's LSTM speculator; the Markov bias is DSpark's (2026); the cell has one gate (Zhou et al. 2016, "Minimal
 * gated unit", without its reset), which drafted as well here as a GRU's two and costs a third less. What a recurrent
 * state can't know is which of the request's own words come next, so the draft also points at them (pointer sentinel
 * mixture, Merity et al. 2016): each of the last tokens has a key, made from what stands before it too, and one softmax
 * runs over the vocabulary and the keys together. On held-out shell commands the first drafted token was right in 85 %
 * of the places with it and in 71 % without, after 300 steps of training.
 *
 *   state₀ = tanh(h · state_in)                 h [d]: the target's final hidden state
 *   z, n   = norm(e(x)) · token_gates + gate_bias + state · state_gates          x: the last token
 *   state  ← state + σ(z) (tanh(n) − state)
 *   logits = (state · query + h · residual) · headᵀ + head_bias + markov_rows[x] · markov_up
 *   key_j  = (e(x_j) · pointer_self + e(x_j−1) · pointer_before + e(x_j−2) · pointer_second) / √R
 *   score_j = (state · pointer_query + h · pointer_hidden) · key_j + pointer_bias       x_j: a token of the request
 *   share(v) ∝ e^logits_v + Σ_{j: x_j = v} e^score_j
 *
 * e and head are the target's own tables. An adapter adds a low-rank term to each of these maps; who builds a graph
 * says how each map is computed (with trained values, with an adapter's pair beside it, in 8 bits), not what it means.
 */

/** state₀ [..., s] of h · state_in. */
export function firstState(graph: GraphBuilder, projected: Value): Value {
  return graph.tanh(projected)
}

/** @param gates [..., 2s]: the token's part, bias included, plus the state's part */
export function nextState(graph: GraphBuilder, state: Value, gates: Value, stateSize: number): Value {
  const update = graph.sigmoid(graph.slice(gates, 0, stateSize))
  const candidate = graph.tanh(graph.slice(gates, stateSize, 2 * stateSize))
  return graph.add(state, graph.mul(update, graph.sub(candidate, state)))
}

/**
 * Shares of the classes, but for a factor per row: those of the vocabulary, and of the tokens that are pointed at. The
 * last column holds what points at tokens that are no class: it can't be drafted, and its share is a doubt.
 *
 * @param logits [..., C]
 * @param scores [..., L], with a large negative number where there is no token
 * @param places [..., L], the class of each token or C
 * @returns [..., C + 1]; the largest term of each row is 1, so nothing overflows
 */
export function mixedShares(graph: GraphBuilder, logits: Value, scores: Value, places: Value): Value {
  const highest = graph.max(graph.reduceMax(logits, [-1]), graph.reduceMax(scores, [-1]))
  const top = graph.stopGradient(highest)
  const own = graph.pad(graph.exp(graph.sub(logits, top)), 0, 1)
  return graph.scatterAdd(own, places, graph.exp(graph.sub(scores, top)))
}

/** Added to a share before its logarithm is taken: nothing that counts, and no logarithm of 0. */
export const SHARE_MIN = 1e-30

/** What the head's confidence is computed from, in this order of parameters. */
export interface ConfidenceParameters {
  /** [s, 1] */
  readonly state: Value
  /** [1] */
  readonly top: Value
  /** [1] */
  readonly bias: Value
}

/**
 * Logit of the chance that the target takes the chosen token, given that it took those before it.
 *
 * @param state [..., s]
 * @param logShare [..., 1]: log-probability of the chosen token under the draft
 * @returns [..., 1]
 */
export function confidence(graph: GraphBuilder, state: Value, logShare: Value, parameters: ConfidenceParameters) {
  const rest = graph.log(graph.sub(graph.scalar(1 + SHARE_GAP), graph.exp(logShare)))
  const logit = graph.mul(graph.sub(logShare, rest), graph.add(graph.scalar(1), parameters.top))
  return graph.add(graph.add(graph.matMul(state, parameters.state), logit), parameters.bias)
}

/** Keeps the logit of a share of 1 finite. */
const SHARE_GAP = 1e-5

export const NORM_EPSILON = 1e-6
