import type { TokenTables } from '@foretoken/model'
import { drawAt } from '../../controller/draw.ts'
import type { AdapterValues } from '../adapter.ts'
import { type DraftArtifact, decodeDraft, encodeDraft } from '../artifact.ts'
import { adapterParameters, type DraftShape, draftParameters, type ParameterTable } from '../shape.ts'
import { randomParameters } from './random-draft.ts'

/** Tokens of a target that writes by a Markov chain. */
export const WORDS = 12
/** How likely each token is followed by its successor; otherwise any token follows. */
const LIKELY = 0.85

/** Which token mostly follows each. */
export type Successors = readonly number[]

export const shapeOfMarkov: DraftShape = {
  hiddenSize: 4,
  stateSize: 3,
  vocabularySize: WORDS,
  markovRank: WORDS,
  pointer: { rank: 2, window: 8 },
  adapter: { rank: 2, hotSize: 2, markovRank: WORDS },
}

export const markovTables: TokenTables = {
  vocabularySize: WORDS,
  hiddenSize: shapeOfMarkov.hiddenSize,
  embedding: new Float32Array(WORDS * shapeOfMarkov.hiddenSize).fill(0.5),
  head: new Float32Array(WORDS * shapeOfMarkov.hiddenSize).fill(0.5),
  endIds: [],
}

export function successors(step: number): Successors {
  return Array.from({ length: WORDS }, (_, token) => (token * 5 + step) % WORDS)
}

/** The source's next token. */
export function nextToken(source: Successors, last: number, seed: number, position: number): number {
  if (drawAt(seed, 2 * position) < LIKELY) return source[last] ?? 0
  return Math.floor(drawAt(seed, 2 * position + 1) * WORDS)
}

/** Nothing in the request is worth pointing at. */
const POINTS_NOWHERE = Float32Array.of(-30)

/** A static draft that knows the successors of some tokens and is wrong about the others. */
export function markovDraft(source: Successors, known: (token: number) => boolean): DraftArtifact {
  const believed = source.map((next, token) => (known(token) ? next : (next + 1) % WORDS))
  const parameters = valuesWith(draftParameters(shapeOfMarkov), {
    markov_rows: oneHot(WORDS + 1),
    markov_up: logits(believed, WORDS),
    pointer_bias: POINTS_NOWHERE,
  })
  const tokens = Int32Array.from({ length: WORDS }, (_, id) => id)
  return decodeDraft(encodeDraft({ target: 'markov', shape: shapeOfMarkov, parameters, tokens, acceptance: [0.5] }))
}

/** An adapter that is right about all tokens of the source. */
export function markovAdapter(source: Successors): AdapterValues {
  const classes = WORDS + shapeOfMarkov.adapter.hotSize
  const own = logits(source, classes).map((logit) => 3 * logit)
  const values = valuesWith(adapterParameters(shapeOfMarkov), { 'markov.a': oneHot(classes + 1), 'markov.b': own })
  return { values, hotTokens: new Int32Array() }
}

export function poisonedAdapter(seed: number): AdapterValues {
  return { values: randomParameters(seed, adapterParameters(shapeOfMarkov), 2), hotTokens: new Int32Array() }
}

/** Row t is 1 at t. */
function oneHot(rows: number): Float32Array {
  return Float32Array.from({ length: rows * WORDS }, (_, at) => (at % WORDS === Math.floor(at / WORDS) ? 1 : 0))
}

/** [WORDS, classes]: log-probabilities but for a constant. */
function logits(source: Successors, classes: number): Float32Array {
  const peak = Math.log((LIKELY * WORDS) / (1 - LIKELY) + 1)
  return Float32Array.from({ length: WORDS * classes }, (_, at) =>
    at % classes === source[Math.floor(at / classes)] ? peak : 0,
  )
}

function valuesWith(table: ParameterTable, values: Readonly<Record<string, Float32Array>>) {
  const entries = Object.entries(table).map(([name, { shape }]) => {
    const length = shape.reduce((total, dim) => total * dim, 1)
    return [name, values[name] ?? new Float32Array(length)] as const
  })
  return new Map(entries)
}
