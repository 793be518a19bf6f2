import { type Adapter, type AdapterValues, CLOSED_LOGIT } from '../adapter.ts'
import type { DraftBase } from '../parts.ts'
import { valuesOf } from '../tensors.ts'
import { rowsOf } from '../vocabulary.ts'
import { type AdapterInput, type AdapterInputName, adapterInputTable } from './adapter-inputs.ts'

/** An adapter as graphs are fed with it. */
export interface GraphAdapter extends Adapter {
  /** Added to the score of every token that can be pointed at, the draft's own bias included. */
  readonly pointerBias: number
  readonly inputs: Readonly<Record<AdapterInputName, Float32Array>>
}

export function asGraphAdapter(adapter: Adapter): GraphAdapter {
  if ('inputs' in adapter) return adapter as GraphAdapter
  throw new Error(`adapter ${adapter.id} was not prepared for graphs`)
}

/** Products that the graphs look up by token, computed once per adapter. */
export interface TokenProducts {
  /** [H, 2s]: what each hot token adds to the draft's gates. */
  readonly hotGates: Float32Array
  /** [V + H, r]: each draft token multiplied down to the adapter's rank. */
  readonly rows: Float32Array
}

/** The hot tokens as they enter the draft, [H, d] with zeros behind the last one. */
export function hotInputs(hotTokens: Int32Array, { parts, tables }: DraftBase): Float32Array {
  const { hiddenSize: d, adapter } = parts.shape
  return padded(rowsOf(tables.embedding, hotTokens, d, true), adapter.hotSize * d)
}

/** The draft's and the adapter's tokens, [V + H, d]. */
export function allInputs(hot: Float32Array, { parts }: DraftBase): Float32Array {
  return joinRows(parts.inputs, hot)
}

export function graphAdapter(
  id: string,
  { values, hotTokens }: AdapterValues,
  { hotGates, rows }: TokenProducts,
  base: DraftBase,
): GraphAdapter {
  const { hiddenSize: d, stateSize: s, vocabularySize: V, adapter } = base.parts.shape
  const get = (name: string) => valuesOf(values, name)
  const inputs = {
    'opening/hidden.a': joinColumns([get('state_in.a'), get('residual.a'), get('pointer_hidden.a')], d),
    'opening/state_in.b': get('state_in.b'),
    'opening/residual.b': get('residual.b'),
    'opening/state_gates.a': get('state_gates.a'),
    'opening/token_gates.a': get('token_gates.a'),
    'opening/pointer_hidden.b': get('pointer_hidden.b'),
    'chain/state.a': joinColumns([get('state_gates.a'), get('query.a'), get('head.a'), get('pointer_query.a')], s),
    'chain/gates.b': joinRows(get('state_gates.b'), get('token_gates.b')),
    'chain/query.b': get('query.b'),
    'chain/pointer_query.b': get('pointer_query.b'),
    'chain/head.b': joinRows(get('head.b'), get('markov.b')),
    'chain/head_bias': closedBeyond(headBias(base, get('head_bias')), V + hotTokens.length),
    'chain/hot_head': transposed(padded(rowsOf(base.tables.head, hotTokens, d, false), adapter.hotSize * d), d),
    'chain/hot_gates': hotGates,
    'chain/token_gates.rows': rows,
    'chain/markov.a': get('markov.a'),
  }
  const bias = pointerBias(base) + (get('pointer_bias')[0] ?? 0)
  const vocabulary = base.vocabulary.with(hotTokens)
  return { id, vocabulary, pointerBias: bias, inputs, bytes: bytesOf(inputs) + vocabulary.bytes }
}

/** What a row without an adapter feeds: adds nothing, and offers no hot token. */
export function noAdapter(base: DraftBase): GraphAdapter {
  const { shape } = base.parts
  const zeros = (name: AdapterInputName) => {
    const [rows, columns] = adapterInputTable(shape)[name].shape
    return new Float32Array(rows * columns)
  }
  const names = Object.keys(adapterInputTable(shape)) as AdapterInputName[]
  const inputs = Object.fromEntries(names.map((name) => [name, zeros(name)])) as Record<AdapterInputName, Float32Array>
  inputs['chain/head_bias'] = closedBeyond(headBias(base, inputs['chain/head_bias']), shape.vocabularySize)
  return { id: '', vocabulary: base.vocabulary, pointerBias: pointerBias(base), inputs, bytes: bytesOf(inputs) }
}

function bytesOf(inputs: Readonly<Record<string, Float32Array>>): number {
  return Object.values(inputs).reduce((total, { byteLength }) => total + byteLength, 0)
}

/** The draft's bias and the adapter's, [V + H]. */
function headBias({ parts }: DraftBase, own: Float32Array): Float32Array {
  const shared = valuesOf(parts.parameters, 'head_bias')
  return own.map((value, place) => value + (shared[place] ?? 0))
}

function pointerBias({ parts }: DraftBase): number {
  return valuesOf(parts.parameters, 'pointer_bias')[0] ?? 0
}

/** Shapes of one input for a batch. */
export function batchedShape({ shape: [rows, columns], table }: AdapterInput, batch: number): number[] {
  return table ? [batch * rows, columns] : [batch, rows, columns]
}

function closedBeyond(bias: Float32Array, size: number): Float32Array {
  return bias.fill(CLOSED_LOGIT, size)
}

function padded(values: Float32Array, length: number): Float32Array {
  const result = new Float32Array(length)
  result.set(values)
  return result
}

function joinRows(above: Float32Array, below: Float32Array): Float32Array {
  const result = new Float32Array(above.length + below.length)
  result.set(above)
  result.set(below, above.length)
  return result
}

/** Matrices [rows, c] beside each other. */
function joinColumns(parts: readonly Float32Array[], rows: number): Float32Array {
  const widths = parts.map((part) => part.length / rows)
  const width = widths.reduce((total, each) => total + each, 0)
  const result = new Float32Array(rows * width)
  let left = 0
  for (const [index, part] of parts.entries()) {
    const own = widths[index] ?? 0
    for (let row = 0; row < rows; row++) result.set(part.subarray(row * own, (row + 1) * own), row * width + left)
    left += own
  }
  return result
}

/** [rows, columns] → [columns, rows] */
function transposed(data: Float32Array, columns: number): Float32Array {
  const rows = data.length / columns
  const result = new Float32Array(data.length)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) result[column * rows + row] = data[row * columns + column] ?? 0
  }
  return result
}
