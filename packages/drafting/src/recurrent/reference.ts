import type { TokenTables } from '@foretoken/model'
import type { AdapterValues } from './adapter.ts'
import { NORM_EPSILON } from './definition.ts'
import type { DraftShape } from './shape.ts'
import { type Parameters, valuesOf } from './tensors.ts'

/** A draft as its parts, without a graph. */
export interface ReferenceDraft {
  readonly shape: DraftShape
  readonly parameters: Parameters
  /** [V] target ids of the draft vocabulary. */
  readonly tokens: Int32Array
  readonly tables: TokenTables
}

export interface ReferenceStart {
  /** [d] */
  readonly hidden: ArrayLike<number>
  /** The request so far, target ids, at least one. */
  readonly context: readonly number[]
  readonly adapter?: AdapterValues
  readonly noise?: (step: number, token: number) => number
}

export interface ReferenceChain {
  readonly tokens: readonly number[]
  readonly confidence: readonly number[]
  /** By how much each token led the second best: where it is tiny, rounding decides. */
  readonly margin: readonly number[]
}

/**
 * What RecurrentDraft computes for one sequence, one number after the other and in double precision: the specification
 * of its graphs. Shapes: d hidden width, s state, V draft vocabulary, h the adapter's hot tokens, C = V + h classes, R
 * the pointer's width.
 */
export function referenceChain(draft: ReferenceDraft, start: ReferenceStart, lookahead: number): ReferenceChain {
  const { shape, parameters, tables } = draft
  const { hiddenSize: d, stateSize: s, vocabularySize: V } = shape
  const { values: own, hotTokens = new Int32Array() } = start.adapter ?? {}
  const ids = [...draft.tokens, ...hotTokens]
  const hidden = Array.from(start.hidden)

  /** x [in] · (W + a · b) [in, out] → [out] */
  const map = (name: string, x: readonly number[]): number[] => {
    const shared = times(x, valuesOf(parameters, name))
    return own ? plus(shared, lowRank(own, name, x)) : shared
  }
  const gatesOf = (token: number) => plus(map('token_gates', inputOf(tables, token)), valuesOf(parameters, 'gate_bias'))

  const residual = map('residual', hidden) // [d]
  let state = map('state_in', hidden).map(Math.tanh) // [s]
  const pointed = pointedAt(draft, start.context)
  let token = start.context.at(-1) ?? 0
  const chain = { tokens: [] as number[], confidence: [] as number[], margin: [] as number[] }
  for (let step = 0; step < lookahead; step++) {
    const gates = plus(gatesOf(token), map('state_gates', state)) // [2s]
    state = state.map((old, i) => old + sigmoid(gates[i] ?? 0) * (Math.tanh(gates[s + i] ?? 0) - old))
    const query = plus(map('query', state), residual) // [d]
    const logits = ids.map((id, place) => {
      const scored = dot(query, tables.head.subarray(id * d, (id + 1) * d))
      return scored + sharedBias(draft, ids.indexOf(token), place) + (own ? ownBias(own, place) : 0)
    }) // [C]

    function ownBias(values: Parameters, place: number): number {
      const classes = V + shape.adapter.hotSize
      const known = ids.indexOf(token)
      const row = rowOf(valuesOf(values, 'markov.a'), known < 0 ? classes : known, shape.adapter.markovRank)
      const markov = times(row, valuesOf(values, 'markov.b'))[place] ?? 0
      return (lowRank(values, 'head', state)[place] ?? 0) + (valuesOf(values, 'head_bias')[place] ?? 0) + markov
    }

    const asked = plus(map('pointer_query', state), map('pointer_hidden', hidden)) // [R]
    const bias = (valuesOf(parameters, 'pointer_bias')[0] ?? 0) + (own ? (valuesOf(own, 'pointer_bias')[0] ?? 0) : 0)
    const scores = pointed.map(({ key }) => dot(asked, key) + bias) // [L]
    const top = Math.max(...logits, ...scores)
    const shareOf = (place: number) =>
      Math.exp((logits[place] ?? 0) - top) +
      scores.reduce((sum, score, at) => sum + (pointed[at]?.id === ids[place] ? Math.exp(score - top) : 0), 0)
    const all = [...logits, ...scores].reduce((sum, score) => sum + Math.exp(score - top), 0)
    const logShares = logits.map((_, place) => Math.log(shareOf(place) / all)) // [C]

    const heard = logShares.map((share, place) => share + (start.noise?.(step, ids[place] ?? 0) ?? 0))
    const place = heard.indexOf(Math.max(...heard))
    token = ids[place] ?? 0
    const others = heard.filter((_, other) => other !== place)
    chain.margin.push(Math.max(...heard) - Math.max(...others))
    chain.tokens.push(token)
    chain.confidence.push(sigmoid(confidenceLogit(parameters, state, logShares[place] ?? 0)))
  }
  return chain
}

/** The draft's own bias of a class: none for hot tokens, which it does not know, nor as the last token of others. */
function sharedBias({ shape, parameters }: ReferenceDraft, last: number, place: number): number {
  const { vocabularySize: V, markovRank } = shape
  if (place >= V) return 0
  const row = rowOf(valuesOf(parameters, 'markov_rows'), last < 0 || last >= V ? V : last, markovRank)
  return (valuesOf(parameters, 'head_bias')[place] ?? 0) + (times(row, valuesOf(parameters, 'markov_up'))[place] ?? 0)
}

function confidenceLogit(parameters: Parameters, state: readonly number[], logShare: number): number {
  const [top = 0] = valuesOf(parameters, 'confidence_top')
  const [bias = 0] = valuesOf(parameters, 'confidence_bias')
  const odds = logShare - Math.log(1 + 1e-5 - Math.exp(logShare))
  return dot(state, valuesOf(parameters, 'confidence_state')) + odds * (1 + top) + bias
}

/** [d]: the token's embedding with a root mean square of 1. */
function inputOf({ embedding, hiddenSize: d }: TokenTables, token: number): number[] {
  const row = Array.from(embedding.subarray(token * d, (token + 1) * d))
  return row.map((value) => value / Math.sqrt(dot(row, row) / d + NORM_EPSILON))
}

/** x [in] · a [in, r] · b [r, out] → [out] */
function lowRank(adapter: Parameters, name: string, x: readonly number[]): number[] {
  return times(times(x, valuesOf(adapter, `${name}.a`)), valuesOf(adapter, `${name}.b`))
}

/** The last tokens of a request with their keys [R]. */
function pointedAt({ shape, parameters, tables }: ReferenceDraft, context: readonly number[]) {
  const { rank, window } = shape.pointer
  const part = (name: string, token: number | undefined) =>
    token === undefined ? new Array<number>(rank).fill(0) : times(inputOf(tables, token), valuesOf(parameters, name))
  const all = context.map((id, at) => {
    const before = plus(part('pointer_before', context[at - 1]), part('pointer_second', context[at - 2]))
    return { id, key: plus(part('pointer_self', id), before).map((value) => value / Math.sqrt(rank)) }
  })
  return all.slice(-window)
}

/** x [in] · matrix [in, out] → [out] */
function times(x: readonly number[], matrix: ArrayLike<number>): number[] {
  const columns = matrix.length / x.length
  return Array.from({ length: columns }, (_, column) =>
    x.reduce((sum, value, row) => sum + value * (matrix[row * columns + column] ?? 0), 0),
  )
}

function rowOf(matrix: Float32Array, row: number, columns: number): number[] {
  return Array.from(matrix.subarray(row * columns, (row + 1) * columns))
}

function plus(a: readonly number[], b: ArrayLike<number>): number[] {
  return a.map((value, at) => value + (b[at] ?? 0))
}

function dot(a: readonly number[], b: ArrayLike<number>): number {
  return a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0)
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x))
