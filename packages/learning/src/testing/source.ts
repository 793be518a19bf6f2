import { type DraftShape, rowsOf } from '@foretoken/drafting'
import { randomFloats, randomTables } from '@foretoken/drafting/testing'
import { TRACE_TOP, type Trace } from '@foretoken/engine'
import type { TokenTables } from '@foretoken/model'
import { toHalf } from '@foretoken/storage'

export const VOCABULARY = 24

export const SHAPE: DraftShape = {
  hiddenSize: 16,
  stateSize: 12,
  vocabularySize: 12,
  markovRank: 4,
  pointer: { rank: 3, window: 7 },
  adapter: { rank: 3, hotSize: 6, markovRank: 4 },
}

export const TABLES: TokenTables = randomTables(11, VOCABULARY, SHAPE.hiddenSize)

/** What a target writes after a token. */
export type Writer = (last: number) => number

/** Goes through these tokens in a circle; any other token leads to the first. */
export const circle =
  (tokens: readonly number[]): Writer =>
  (last) =>
    tokens[(tokens.indexOf(last) + 1) % tokens.length] ?? 0

/** A trace of a target that is sure of its next token and whose hidden state tells the last one. */
export function writtenTrace(seed: number, write: Writer, tokens: number, prompt: readonly number[]): Trace {
  const text = [...prompt]
  for (let at = 0; at < tokens; at++) text.push(write(text.at(-1) ?? 0))
  const completion = text.slice(prompt.length)
  // Row i was computed from the token two before the one that row i + 1 predicted.
  const lasts = Array.from({ length: tokens + 1 }, (_, row) => text[prompt.length + row - 2] ?? 0)
  return traceOf(seed, prompt, completion, rowsOf(TABLES.embedding, lasts, SHAPE.hiddenSize, false))
}

/** @param hidden [n + 1, d] */
export function traceOf(
  seed: number,
  prompt: readonly number[],
  tokens: readonly number[],
  hidden: Float32Array,
): Trace {
  const topIds = tokens.flatMap((token) => Array.from({ length: TRACE_TOP }, (_, k) => (token + 5 * k) % VOCABULARY))
  const shares = [0.9, 0.04, 0.02, 0.01, 0.005, 0.005, 0.002, 0.001]
  return {
    tenant: 'ten_a',
    request: `req_${seed}`,
    prompt: Int32Array.from(prompt),
    tokens: Int32Array.from(tokens),
    hidden: toHalf(hidden),
    topIds: Int32Array.from(topIds),
    topLogprobs: Float32Array.from(topIds, (_, at) => Math.log(shares[at % TRACE_TOP] ?? 0)),
    temperature: 0,
    arms: new Uint8Array(tokens.length),
  }
}

/** Hidden states that say nothing. */
export const randomHidden = (seed: number, rows: number, deviation = 1): Float32Array =>
  randomFloats(seed, rows * SHAPE.hiddenSize, deviation)
