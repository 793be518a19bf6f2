import { firstState, mixedShares, nextState, SHARE_MIN } from '@foretoken/drafting'
import type { GraphBuilder, Value } from '@foretoken/graph'

/** How the draft's maps are computed while it is trained: with its own parameters, or with an adapter's beside them. */
export interface TrainedMaps {
  /** hidden [N, d] → [N, s] */
  stateIn(hidden: Value): Value
  /** hidden [N, d] → [N, d] */
  residual(hidden: Value): Value
  /** What the tokens at a depth add to the gates, bias included: [N, 2s]. */
  tokenGates(depth: number): Value
  /** [N, s] → [N, 2s] */
  stateGates(state: Value): Value
  /** [M, s] → [M, d] */
  query(states: Value): Value
  /** query [M, d], states [M, s], places int64 [M] of the tokens before → [M, classes] */
  logits(query: Value, states: Value, places: Value): Value
  /**
   * words int64 [W], target ids → what each adds to a key as itself, as the one before and as the one before that: [W,
   * R].
   */
  pointerTables(words: Value): readonly Value[]
  /** state [N, s], hidden [N, d] → [N, R] */
  pointerQuery(state: Value, hidden: Value): Value
  /** [1] */
  pointerBias(): Value
}

/**
 * A chain of `depth` tokens with the committed tokens fed in (teacher forcing), which is what the chain drafts by
 * itself for as long as it agrees with the target. The recurrence is sequential and small; the head sees all depths at
 * once. Declares the inputs hidden [N, d] and places int64 [depth · N], the draft id of the token before each
 * prediction, depth-major as all that comes out; and of the L tokens that can be pointed at from each example, which
 * all its depths share, context.words int64 [W] (the target ids that occur in the batch, V' for none), context.0,
 * context.1 and context.2 int64 [N, L] (the token, the one before it, and the one before that, as places in words),
 * context.places int64 [N, L] (as classes) and context.mask [N, L].
 *
 * Returns states [depth · N, s] and logits [depth · N, classes + 1], whose softmax is the mixture of `mixedShares`.
 */
export function unrolled(graph: GraphBuilder, maps: TrainedMaps, sizes: UnrolledSizes) {
  const { depth, stateSize, hiddenSize } = sizes
  const hidden = graph.input('hidden', 'float32', ['batch', hiddenSize])
  const places = graph.input('places', 'int64', [`${depth}*batch`])
  let state = firstState(graph, maps.stateIn(hidden))
  const steps = Array.from({ length: depth }, (_, at) =>
    graph.scope(`depth.${at}`, () => {
      state = nextState(graph, state, graph.add(maps.tokenGates(at), maps.stateGates(state)), stateSize)
      return state
    }),
  )
  const states = graph.concat(steps, 0)
  const residual = maps.residual(hidden)
  const repeated = graph.concat(new Array<Value>(depth).fill(residual), 0)
  const query = graph.add(maps.query(states), repeated)
  const context = scoresOf(
    graph,
    maps,
    steps.map((each) => maps.pointerQuery(each, hidden)),
  )
  const shares = mixedShares(graph, maps.logits(query, states, places), context.scores, context.places)
  return { states, logits: graph.log(graph.add(shares, graph.scalar(SHARE_MIN))) }
}

/**
 * A score is a query times the sum of what three words add to a key. There are fewer words in a batch than places, so
 * each query meets each word once and the places look their sums up: a tenth of the work of building all keys, most of
 * it in going back through them.
 */
function scoresOf(graph: GraphBuilder, maps: TrainedMaps, queries: readonly Value[]) {
  const { length: depth } = queries
  const repeated = (value: Value) => graph.concat(new Array<Value>(depth).fill(value), 0)
  const asked = graph.concat(queries, 0) // [M, R]
  const scale = Number(asked.shape.at(-1)) ** -0.5
  const words = graph.input('context.words', 'int64', ['words'])
  const parts = maps.pointerTables(words).map((table, back) => {
    const places = repeated(graph.input(`context.${back}`, 'int64', ['batch', 'context']))
    return graph.gatherElements(graph.fusedMatMul(asked, table, { transB: true, alpha: scale }), places)
  })
  const open = graph.add(graph.input('context.mask', 'float32', ['batch', 'context']), maps.pointerBias())
  return {
    scores: [...parts, repeated(open)].reduce((total, part) => graph.add(total, part)), // [M, L]
    places: repeated(graph.input('context.places', 'int64', ['batch', 'context'])),
  }
}

export interface UnrolledSizes {
  readonly depth: number
  readonly stateSize: number
  readonly hiddenSize: number
}
