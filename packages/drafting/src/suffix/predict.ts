import type { Candidates, StreamIndex } from './stream-index.ts'

/** The next token by vote of the places where the same context occurred before. */
export interface Prediction {
  readonly token: number
  /** Share of the votes, weighted by match length. */
  readonly share: number
  /** Longest match among the places that voted for the token. */
  readonly match: number
  /** How many places voted for it. */
  readonly support: number
  /** The first place found that has the longest match. */
  readonly position: number
}

/** Places asked per prediction. Replays of public text gained nothing from 32 or 64, and lost a little below 16. */
export const CANDIDATES_MAX = 16

export function candidates(): Candidates {
  return { count: 0, positions: new Int32Array(CANDIDATES_MAX), matches: new Int32Array(CANDIDATES_MAX) }
}

/**
 * Each further matching token makes a place MATCH_WEIGHT times as telling: the soft form of "longest match wins",
 * and the back-off that count-based language models use. Equal shares go to the token found first.
 */
export function vote(index: StreamIndex, found: Candidates): Prediction | undefined {
  let total = 0
  let distinct = 0
  for (let i = 0; i < found.count; i++) {
    const position = found.positions[i] ?? 0
    const match = found.matches[i] ?? 0
    const weight = WEIGHTS[match] ?? 0
    total += weight
    const token = index.at(position)
    let at = 0
    while (at < distinct && TALLY.token[at] !== token) at++
    if (at === distinct) distinct = open(at, token)
    count(at, weight, match, position)
  }
  return winner(distinct, total)
}

export const MATCH_WEIGHT = 2
const WEIGHTS = Float64Array.from({ length: 64 }, (_, match) => MATCH_WEIGHT ** match)

/** Scratch, by distinct token in order of appearance: this runs for every draft token. */
const TALLY = {
  token: new Int32Array(CANDIDATES_MAX),
  weight: new Float64Array(CANDIDATES_MAX),
  match: new Int32Array(CANDIDATES_MAX),
  support: new Int32Array(CANDIDATES_MAX),
  position: new Int32Array(CANDIDATES_MAX),
}

function open(at: number, token: number): number {
  TALLY.token[at] = token
  TALLY.weight[at] = 0
  TALLY.match[at] = 0
  TALLY.support[at] = 0
  return at + 1
}

function count(at: number, weight: number, match: number, position: number): void {
  TALLY.weight[at] = (TALLY.weight[at] ?? 0) + weight
  TALLY.support[at] = (TALLY.support[at] ?? 0) + 1
  if (match <= (TALLY.match[at] ?? 0)) return
  TALLY.match[at] = match
  TALLY.position[at] = position
}

function winner(distinct: number, total: number): Prediction | undefined {
  if (distinct === 0) return undefined
  let best = 0
  for (let at = 1; at < distinct; at++) if ((TALLY.weight[at] ?? 0) > (TALLY.weight[best] ?? 0)) best = at
  return {
    token: TALLY.token[best] ?? 0,
    share: (TALLY.weight[best] ?? 0) / total,
    match: TALLY.match[best] ?? 0,
    support: TALLY.support[best] ?? 0,
    position: TALLY.position[best] ?? 0,
  }
}
