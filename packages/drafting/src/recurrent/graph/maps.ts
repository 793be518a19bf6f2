import type { GraphBuilder, Value } from '@foretoken/graph'
import { type Matrix, projection } from '@foretoken/model'
import type { ConfidenceParameters } from '../definition.ts'
import type { DraftParts } from '../parts.ts'
import type { DraftShape } from '../shape.ts'
import { valuesOf } from '../tensors.ts'

type Linear = (x: Value) => Value

/** The draft's own matrices and tables in one graph, each stored once however often a chain meets it. */
export class Maps {
  readonly shape: DraftShape
  private readonly linears = new Map<string, Linear>()
  private readonly constants = new Map<string, Value>()

  constructor(
    private readonly graph: GraphBuilder,
    private readonly parts: DraftParts,
  ) {
    this.shape = parts.shape
  }

  /** All that is taken from a hidden state, in one product: [..., s] before its tanh, [..., d] and [..., R]. */
  fromHidden(hidden: Value): { state: Value; residual: Value; pointer: Value } {
    const { stateSize: s, hiddenSize: d, pointer: shape } = this.shape
    const joined = this.joined('from_hidden', ['state_in', 'residual', 'pointer_hidden'], d)(hidden)
    const [state, residual, pointer] = this.graph.split(joined, [s, d, shape.rank])
    if (!state || !residual || !pointer) return this.graph.refuse('hidden', 'has no parts')
    return { state, residual, pointer }
  }

  /** All that is taken from a state, in one product: gates [..., 2s], query [..., d] and pointer's query [..., R]. */
  fromState(state: Value): { gates: Value; query: Value; pointerQuery: Value } {
    const { stateSize: s, hiddenSize: d, pointer } = this.shape
    const joined = this.joined('from_state', ['state_gates', 'query', 'pointer_query'], s)(state)
    const [gates, query, pointerQuery] = this.graph.split(joined, [2 * s, d, pointer.rank])
    if (!gates || !query || !pointerQuery) return this.graph.refuse('state', 'has no parts')
    return { gates, query, pointerQuery }
  }

  /** state [..., s] → [..., 2s], where nothing else is wanted of it. */
  stateGates(state: Value): Value {
    return this.joined('state_gates', ['state_gates'], this.shape.stateSize)(state)
  }

  /** token [..., d], as it enters the draft → [..., 2s], without the bias. */
  tokenGatesOf(token: Value): Value {
    return this.joined('token_gates', ['token_gates'], this.shape.hiddenSize)(token)
  }

  /** q [..., d] · headᵀ → [..., V]. */
  head(q: Value): Value {
    const { vocabularySize: rows, hiddenSize: columns } = this.shape
    return this.linear('head', () => ({ rows, columns, data: this.parts.head }))(q)
  }

  gateBias(): Value {
    return this.constant('gate_bias', [2 * this.shape.stateSize], () => this.values('gate_bias'))
  }

  headBias(): Value {
    return this.constant('head_bias', [this.shape.vocabularySize], () => this.values('head_bias'))
  }

  /** [V, 2s]: what each draft token adds to the gates, bias included: a drafted token costs a look-up, no product. */
  tokenGates(): Value {
    const { vocabularySize: V, stateSize: s } = this.shape
    return this.constant('token_gates/rows', [V, 2 * s], () => draftGateRows(this.parts))
  }

  /** markov_rows[place] · markov_up → [B, V]. */
  markov(place: Value): Value {
    const { vocabularySize: V, markovRank: m } = this.shape
    const rows = this.constant('markov_rows', [V + 1, m], () => this.values('markov_rows'))
    return this.linear('markov_up', () => transposed(this.values('markov_up'), m))(this.graph.gather(rows, place))
  }

  confidence(): ConfidenceParameters {
    return {
      state: this.constant('confidence_state', [this.shape.stateSize, 1], () => this.values('confidence_state')),
      top: this.constant('confidence_top', [1], () => this.values('confidence_top')),
      bias: this.constant('confidence_bias', [1], () => this.values('confidence_bias')),
    }
  }

  /** x · the parameters [in, ...] beside each other. */
  private joined(name: string, parameters: readonly string[], columns: number): Linear {
    return this.linear(name, () => rowsJoined(parameters.map((each) => transposed(this.values(each), columns))))
  }

  private linear(name: string, matrix: () => Matrix): Linear {
    const known = this.linears.get(name)
    if (known) return known
    const made = matrix()
    const format = this.parts.weights === 'int8' && made.columns % BLOCK === 0 ? 'int8' : 'fp32'
    const linear = projection(this.graph, name, made, format)
    this.linears.set(name, linear)
    return linear
  }

  private constant(name: string, dims: readonly number[], data: () => Float32Array): Value {
    const known = this.constants.get(name)
    if (known) return known
    const value = this.graph.constant(name, 'float32', dims, data())
    this.constants.set(name, value)
    return value
  }

  private values(name: string): Float32Array {
    return valuesOf(this.parts.parameters, name)
  }
}

/** Weights are quantised in blocks of so many columns. */
const BLOCK = 32

/** Those of the draft's own tokens: a second of work for thousands of tokens, and each variant of the chain wants them. */
function draftGateRows(parts: DraftParts): Float32Array {
  const rows = knownGateRows.get(parts) ?? gateRows(parts, parts.inputs)
  knownGateRows.set(parts, rows)
  return rows
}

const knownGateRows = new WeakMap<DraftParts, Float32Array>()

/** [T, 2s]: inputs [T, d] · token_gates + gate_bias. */
export function gateRows({ shape, parameters }: DraftParts, inputs: Float32Array): Float32Array {
  const { hiddenSize: d, stateSize: s } = shape
  const rows = product(inputs, valuesOf(parameters, 'token_gates'), d)
  const bias = valuesOf(parameters, 'gate_bias')
  for (let at = 0; at < rows.length; at++) rows[at] = (rows[at] ?? 0) + (bias[at % (2 * s)] ?? 0)
  return rows
}

/** a [M, inner] · b [inner, N] → [M, N], for what is computed once when a draft or an adapter is loaded. */
export function product(a: Float32Array, b: Float32Array, inner: number): Float32Array {
  const [rows, columns] = [a.length / inner, b.length / inner]
  const result = new Float32Array(rows * columns)
  for (let row = 0; row < rows; row++) {
    const out = result.subarray(row * columns, (row + 1) * columns)
    for (let i = 0; i < inner; i++) {
      const factor = a[row * inner + i] ?? 0
      const from = i * columns
      for (let column = 0; column < columns; column++) {
        out[column] = (out[column] ?? 0) + factor * (b[from + column] ?? 0)
      }
    }
  }
  return result
}

/** Projections of the same vector, one below the other. */
function rowsJoined(parts: readonly Matrix[]): Matrix {
  const rows = parts.reduce((total, part) => total + part.rows, 0)
  const columns = parts[0]?.columns ?? 0
  const data = new Float32Array(rows * columns)
  let offset = 0
  for (const part of parts) {
    data.set(part.data, offset)
    offset += part.data.length
  }
  return { rows, columns, data }
}

/** [columns, rows] as stored for x · W → [rows, columns] as a projection wants it. */
function transposed(data: Float32Array, columns: number): Matrix {
  const rows = data.length / columns
  const result = new Float32Array(data.length)
  for (let column = 0; column < columns; column++) {
    for (let row = 0; row < rows; row++) result[row * columns + column] = data[column * rows + row] ?? 0
  }
  return { rows, columns, data: result }
}
