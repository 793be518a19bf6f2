import { createGraph, type Graph, type GraphBuilder, type Value } from '@foretoken/graph'
import { confidence, firstState, mixedShares, nextState, SHARE_MIN } from '../definition.ts'
import type { DraftParts } from '../parts.ts'
import type { DraftShape } from '../shape.ts'
import { type AdapterValuesIn, adapterInputs } from './adapter-inputs.ts'
import { Maps } from './maps.ts'

export interface ChainVariant {
  /** n: tokens drafted by one run. */
  readonly length: number
  /** Begins a chain: from a hidden state and a token instead of from where another run stopped. */
  readonly opens: boolean
  /** With adapters as inputs, one per row. */
  readonly adapted: boolean
  /** With noise to add to the logits, for sequences that are sampled. */
  readonly noisy: boolean
}

/**
 * `length` tokens of a chain. What is one vector per row keeps an axis of one, [B, 1, ...], because that is how a row
 * meets its own adapter; nothing is reshaped on the way, since a small operator costs here as much as a small product.
 *
 * An opening reads hidden [B, 1, d] and token [B, 1, d]: the token comes as its input row, because the last committed
 * one need not be in the draft's vocabulary. A continuation reads state [B, 1, s], gates [B, 1, 2s], residual [B, 1, d]
 * and pointer [B, 1, R]. Both read places int64 [B, 1], the last token's draft id (C, which is V, or V + H with
 * adapters, for any token that the draft lacks), and the L tokens that can be pointed at: keys [B, L, R],
 * context/places int32 [B, 1, L] and context/bias [B, 1, L], the pointer's bias, or a large negative number where a row
 * has fewer tokens. noise [B, n, C] is added to the logarithms of the shares before the choice.
 *
 * → tokens int64 [B, n] as draft ids, confidences [B, n] as logits; next/state, next/gates, and of an opening
 * next/residual and next/pointer, to go on from.
 */
export function chainGraph(parts: DraftParts, { length, opens, adapted, noisy }: ChainVariant): Graph {
  const { stateSize: s, vocabularySize: V, pointer, adapter } = parts.shape
  const classes = adapted ? V + adapter.hotSize : V
  const graph = createGraph(opens ? 'draft-opening' : 'draft-continuation')
  const maps = new Maps(graph, parts)
  const own = adapted ? adapterInputs(graph, parts.shape, opens) : undefined
  const cell = own ? adaptedCell(graph, maps, own) : staticCell(graph, maps)
  const start = opens ? opening(graph, maps, own) : continuation(graph, parts.shape)
  let { state, gates } = start
  let place = graph.input('places', 'int64', ['batch', 1])
  const keys = graph.input('keys', 'float32', ['batch', 'context', pointer.rank])
  const contextPlaces = graph.input('context/places', 'int32', ['batch', 1, 'context'])
  const contextBias = graph.input('context/bias', 'float32', ['batch', 1, 'context'])
  const noise = noisy ? graph.input('noise', 'float32', ['batch', length, classes]) : undefined
  const drafted: { token: Value; share: Value; state: Value }[] = []
  for (let step = 0; step < length; step++) {
    graph.scope(`step.${step}`, () => {
      state = nextState(graph, state, gates, s)
      const from = cell.fromState(state, start.residual, place)
      const asked = graph.add(from.pointerQuery, start.pointer)
      const scores = graph.add(graph.fusedMatMul(asked, keys, { transB: true }), contextBias)
      const mixed = mixedShares(graph, from.logits, scores, contextPlaces)
      const shares = graph.slice(mixed, 0, classes)
      place = graph.argMax(noise ? graph.add(logOf(graph, shares), graph.slice(noise, step, step + 1, 1)) : shares)
      const chosen = noise ? graph.gatherElements(shares, graph.unsqueeze(place, [2])) : graph.reduceMax(shares, [2])
      drafted.push({ token: place, share: graph.div(chosen, graph.reduceSum(mixed, [2])), state })
      gates = cell.gates(place, from)
    })
  }
  const joined = (part: 'token' | 'share' | 'state') => {
    const values = drafted.map((each) => each[part])
    return values.length === 1 && values[0] ? values[0] : graph.concat(values, 1)
  }
  const confidences = confidence(graph, joined('state'), logOf(graph, joined('share')), maps.confidence())
  graph.output('tokens', joined('token'))
  graph.output('confidences', graph.squeeze(confidences, [2]))
  graph.output('next/state', state)
  graph.output('next/gates', gates)
  if (opens) {
    graph.output('next/residual', start.residual)
    graph.output('next/pointer', start.pointer)
  }
  return graph.finish()
}

function logOf(graph: GraphBuilder, shares: Value): Value {
  return graph.log(graph.add(shares, graph.scalar(SHARE_MIN)))
}

interface ChainStart {
  readonly state: Value
  /** Of the state and the last token, bias included. */
  readonly gates: Value
  readonly residual: Value
  readonly pointer: Value
}

function continuation(graph: GraphBuilder, { stateSize: s, hiddenSize: d, pointer }: DraftShape): ChainStart {
  const input = (name: string, size: number) => graph.input(name, 'float32', ['batch', 1, size])
  return {
    state: input('state', s),
    gates: input('gates', 2 * s),
    residual: input('residual', d),
    pointer: input('pointer', pointer.rank),
  }
}

function opening(graph: GraphBuilder, maps: Maps, own: AdapterValuesIn | undefined): ChainStart {
  const { hiddenSize: d, adapter } = maps.shape
  const hidden = graph.input('hidden', 'float32', ['batch', 1, d])
  const token = graph.input('token', 'float32', ['batch', 1, d])
  const { state, residual, pointer } = maps.fromHidden(hidden)
  const tokenGates = graph.add(maps.tokenGatesOf(token), maps.gateBias())
  if (!own) {
    const first = firstState(graph, state)
    return { state: first, gates: graph.add(tokenGates, maps.stateGates(first)), residual, pointer }
  }
  const { rank: r } = adapter
  const ranks = graph.split(graph.matMul(hidden, own.value('opening/hidden.a')), [r, r, r])
  const [stateRank, residualRank, pointerRank] = ranks
  if (!stateRank || !residualRank || !pointerRank) return graph.refuse('opening', 'a hidden state has no ranks')
  const plus = (value: Value, rank: Value, name: 'state_in.b' | 'residual.b' | 'pointer_hidden.b') =>
    graph.add(value, graph.matMul(rank, own.value(`opening/${name}`)))
  const first = firstState(graph, plus(state, stateRank, 'state_in.b'))
  const gateRanks = [
    graph.matMul(first, own.value('opening/state_gates.a')),
    graph.matMul(token, own.value('opening/token_gates.a')),
  ]
  const ownGates = graph.matMul(graph.concat(gateRanks, 2), own.value('chain/gates.b'))
  return {
    state: first,
    gates: graph.add(graph.add(tokenGates, maps.stateGates(first)), ownGates),
    residual: plus(residual, residualRank, 'residual.b'),
    pointer: plus(pointer, pointerRank, 'pointer_hidden.b'),
  }
}

/**
 * What an adapter's tokens are multiplied to when it is loaded: tokens [T, d] and down [d, r] → rows [T, r]; hot [H, d]
 * → gates [H, 2s] of the draft, bias included.
 */
export function tokenProductsGraph(parts: DraftParts): Graph {
  const { hiddenSize: d, adapter } = parts.shape
  const graph = createGraph('adapter-tokens')
  const maps = new Maps(graph, parts)
  const tokens = graph.input('tokens', 'float32', ['tokens', d])
  const hot = graph.input('hot', 'float32', ['hot', d])
  graph.output('rows', graph.matMul(tokens, graph.input('down', 'float32', [d, adapter.rank])))
  graph.output('gates', graph.add(maps.tokenGatesOf(hot), maps.gateBias()))
  return graph.finish()
}

/** What a state gives: logits of the classes [B, 1, C], its part of the pointer's query and of the next gates. */
interface FromState {
  readonly logits: Value
  readonly pointerQuery: Value
  readonly gates: Value
  /** With an adapter: the rank of its gates. */
  readonly gatesRank?: Value
}

interface Cell {
  /** @param last places [B, 1] of the token before */
  fromState(state: Value, residual: Value, last: Value): FromState
  /** The gates of the next step, after this token. */
  gates(place: Value, from: FromState): Value
}

function staticCell(graph: GraphBuilder, maps: Maps): Cell {
  return {
    fromState: (state, residual, last) => {
      const { query, ...parts } = maps.fromState(state)
      const scored = maps.head(graph.add(query, residual))
      return { ...parts, logits: graph.add(graph.add(scored, maps.headBias()), maps.markov(last)) }
    },
    gates: (place, from) => graph.add(graph.gather(maps.tokenGates(), place), from.gates),
  }
}

/**
 * The same with an adapter per row. What several maps take from the state shares one product down to the ranks, and
 * what ends in the same place shares one product up.
 */
function adaptedCell(graph: GraphBuilder, maps: Maps, own: AdapterValuesIn): Cell {
  const { vocabularySize: V, adapter } = maps.shape
  const { rank: r } = adapter
  const least = (place: Value, most: number) => graph.min(place, graph.scalar(most, 'int64'))
  return {
    fromState: (state, residual, last) => {
      const ranks = graph.split(graph.matMul(state, own.value('chain/state.a')), [r, r, r, r])
      const [gatesRank, queryRank, headRank, pointerRank] = ranks
      if (!gatesRank || !queryRank || !headRank || !pointerRank) return graph.refuse('chain', 'a state has no ranks')
      const parts = maps.fromState(state)
      const plus = (value: Value, rank: Value, matrix: Value) => graph.add(value, graph.matMul(rank, matrix))
      const query = plus(graph.add(parts.query, residual), queryRank, own.value('chain/query.b'))
      const shared = graph.add(maps.head(query), maps.markov(least(last, V)))
      const all = graph.concat([shared, graph.matMul(query, own.value('chain/hot_head'))], 2)
      const ended = graph.concat([headRank, own.row('chain/markov.a', last)], 2)
      return {
        logits: graph.add(plus(all, ended, own.value('chain/head.b')), own.value('chain/head_bias')),
        pointerQuery: plus(parts.pointerQuery, pointerRank, own.value('chain/pointer_query.b')),
        gates: parts.gates,
        gatesRank,
      }
    },
    gates: (place, { gates, gatesRank }) => {
      if (!gatesRank) return graph.refuse('chain', 'a state has no ranks')
      const isHot = graph.unsqueeze(graph.greater(place, graph.scalar(V - 1, 'int64')), [2])
      const hotPlace = graph.max(graph.sub(place, graph.scalar(V, 'int64')), graph.scalar(0, 'int64'))
      const shared = graph.gather(maps.tokenGates(), least(place, V - 1))
      const token = graph.where(isHot, own.row('chain/hot_gates', hotPlace), shared)
      const ranks = graph.concat([gatesRank, own.row('chain/token_gates.rows', place)], 2)
      return graph.add(graph.add(token, gates), graph.matMul(ranks, own.value('chain/gates.b')))
    },
  }
}
