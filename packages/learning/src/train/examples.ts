import { type DraftVocabulary, NORM_EPSILON } from '@foretoken/drafting'
import type { Trace } from '@foretoken/engine'
import type { TokenTables } from '@foretoken/model'
import { Tensor } from '@foretoken/onnx-runtime'
import { fromHalf } from '@foretoken/storage'
import { TARGETS } from './loss.ts'

/** A place from which a draft could have started: row `row` of a trace's hidden states, with tokens[row] to come. */
export interface Example {
  readonly trace: Trace
  readonly row: number
}

/** Every place of these traces with at least one token to come. */
export function examplesOf(traces: readonly Trace[]): Example[] {
  return traces.flatMap((trace) => {
    const first = trace.prompt.length > 1 ? 0 : 1 // a prompt of one token has no row before its last
    const rows = Math.max(0, trace.tokens.length - first)
    return Array.from({ length: rows }, (_, at) => ({ trace, row: at + first }))
  })
}

/** What turns examples into the inputs of a draft's graphs. */
export interface Reading {
  readonly depth: number
  readonly vocabulary: DraftVocabulary
  /** The draft id of tokens that the draft lacks. */
  readonly other: number
  readonly tables: TokenTables
  /** A token's share of a frozen draft's gates, [2s]; absent where the gates are trained. */
  readonly gatesOf?: (token: number) => Float32Array
  readonly stateSize: number
  /** How many of the last tokens can be pointed at. */
  readonly window: number
}

/** The inputs of one run; see `unrolled` and `draftLoss`. N = examples.length. */
export function batchOf(examples: readonly Example[], reading: Reading): Record<string, Tensor> {
  const { depth, tables, stateSize, gatesOf } = reading
  const [N, d] = [examples.length, tables.hiddenSize]
  const rows = depth * N
  const hidden = new Float32Array(N * d)
  const places = new BigInt64Array(rows)
  const labels = new BigInt64Array(rows).fill(-1n)
  const weights = new Float32Array(rows)
  const shares = new Float32Array(rows * TARGETS)
  const targets = new BigInt64Array(rows * TARGETS)
  const inputs = Array.from({ length: depth }, () => new Float32Array(N * d))
  const gates = gatesOf ? Array.from({ length: depth }, () => new Float32Array(N * 2 * stateSize)) : []
  for (const [n, { trace, row }] of examples.entries()) {
    hidden.set(fromHalf(trace.hidden.subarray(row * d, (row + 1) * d)), n * d)
    for (let at = 0; at < depth; at++) {
      const predicted = row + at
      const m = at * N + n
      if (predicted >= trace.tokens.length) {
        places[m] = BigInt(reading.other)
        continue
      }
      const before = tokenBefore(trace, predicted)
      places[m] = BigInt(reading.vocabulary.placeOf(before, reading.other))
      writeInput(tables, before, inputs[at], n)
      if (gatesOf) gates[at]?.set(gatesOf(before), n * 2 * stateSize)
      weights[m] = 1
      labels[m] = BigInt(reading.vocabulary.placeOf(trace.tokens[predicted] ?? -1, -1))
      writeTargets(trace, predicted, reading.vocabulary, shares, targets, m)
    }
  }
  return {
    hidden: new Tensor('float32', hidden, [N, d]),
    places: new Tensor('int64', places, [rows]),
    labels: new Tensor('int64', labels, [rows]),
    weights: new Tensor('float32', weights, [rows]),
    target_shares: new Tensor('float32', shares, [rows, TARGETS]),
    target_places: new Tensor('int64', targets, [rows, TARGETS]),
    ...named('inputs', inputs, [N, d]),
    ...named('gates', gates, [N, 2 * stateSize]),
    ...contextsOf(examples, reading),
  }
}

/** What each example can point at: the last tokens before its first prediction, padded to the longest. */
function contextsOf(examples: readonly Example[], reading: Reading): Record<string, Tensor> {
  const { window, tables, vocabulary, other } = reading
  const N = examples.length
  const ends = examples.map(({ trace, row }) => trace.prompt.length + row)
  const L = Math.max(1, Math.min(window, Math.max(...ends)))
  const words = new Words(tables.vocabularySize)
  const back = [0, 1, 2].map(() => new BigInt64Array(N * L).fill(words.placeOf(tables.vocabularySize)))
  const places = new BigInt64Array(N * L).fill(BigInt(other))
  const mask = new Float32Array(N * L).fill(NOTHING)
  for (const [n, { trace }] of examples.entries()) {
    const end = ends[n] ?? 0
    const length = Math.min(window, end)
    for (let at = 0; at < length; at++) {
      const place = end - length + at
      for (const [distance, ids] of back.entries()) {
        if (place >= distance) ids[n * L + at] = words.placeOf(tokenAt(trace, place - distance))
      }
      places[n * L + at] = BigInt(vocabulary.placeOf(tokenAt(trace, place), other))
      mask[n * L + at] = 0
    }
  }
  return {
    'context.mask': new Tensor('float32', mask, [N, L]),
    'context.places': new Tensor('int64', places, [N, L]),
    'context.words': new Tensor('int64', words.ids(), [words.size]),
    ...Object.fromEntries(back.map((ids, at) => [`context.${at}`, new Tensor('int64', ids, [N, L])])),
  }
}

/** The different words of a batch, in the order in which they are first met. */
class Words {
  /** places[id]: its place + 1, or 0. */
  private readonly places: Int32Array
  private readonly known: bigint[] = []

  /** @param none the id that stands for no word; none is larger */
  constructor(none: number) {
    this.places = new Int32Array(none + 1)
  }

  get size(): number {
    return this.known.length
  }

  placeOf(id: number): bigint {
    const known = this.places[id] ?? 0
    if (known > 0) return BigInt(known - 1)
    this.known.push(BigInt(id))
    this.places[id] = this.known.length
    return BigInt(this.known.length - 1)
  }

  ids(): BigInt64Array {
    return BigInt64Array.from(this.known)
  }
}

/** A score so low that there is no share, and finite. */
const NOTHING = -1e9

/** Of prompt and completion together. */
function tokenAt({ prompt, tokens }: Trace, place: number): number {
  return (place < prompt.length ? prompt[place] : tokens[place - prompt.length]) ?? 0
}

/** The token that stood before tokens[index]. */
export function tokenBefore({ prompt, tokens }: Trace, index: number): number {
  return (index === 0 ? prompt.at(-1) : tokens[index - 1]) ?? 0
}

function named(name: string, arrays: readonly Float32Array[], dims: readonly number[]): Record<string, Tensor> {
  return Object.fromEntries(arrays.map((values, at) => [`${name}.${at}`, new Tensor('float32', values, dims)]))
}

/** The token's embedding with a root mean square of 1. */
function writeInput(tables: TokenTables, token: number, into: Float32Array | undefined, n: number): void {
  const { hiddenSize: d, embedding } = tables
  let squares = 0
  for (let at = token * d; at < (token + 1) * d; at++) squares += (embedding[at] ?? 0) ** 2
  const factor = 1 / Math.sqrt(squares / d + NORM_EPSILON)
  for (let at = 0; at < d && into; at++) into[n * d + at] = (embedding[token * d + at] ?? 0) * factor
}

/** Tokens that the draft lacks get place 0 and share 0: their mass counts as rejected. */
function writeTargets(
  trace: Trace,
  predicted: number,
  vocabulary: DraftVocabulary,
  shares: Float32Array,
  targets: BigInt64Array,
  m: number,
): void {
  for (let k = 0; k < TARGETS; k++) {
    const place = vocabulary.placeOf(trace.topIds[predicted * TARGETS + k] ?? -1, -1)
    if (place < 0) continue
    targets[m * TARGETS + k] = BigInt(place)
    shares[m * TARGETS + k] = Math.exp(trace.topLogprobs[predicted * TARGETS + k] ?? Number.NEGATIVE_INFINITY)
  }
}
