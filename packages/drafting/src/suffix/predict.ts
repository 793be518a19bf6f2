import { BOUNDARY, type Candidates, type StreamIndex } from './stream-index.ts'

/** The next token by vote of the places where the same context occurred before. */
export interface Prediction {
  token: number
  /** Share of the votes, weighted by match length. */
  share: number
  /** Longest match among the places that voted for the token. */
  match: number
  /** How many places voted for it. */
  support: number
  /** One of them: the newest with the longest match. */
  position: number
}

/** Places asked per prediction: enough to tell 5 % from 95 %, few enough to stay within microseconds. */
export const CANDIDATES_MAX = 16

export function candidates(): Candidates {
  return { count: 0, positions: new Int32Array(CANDIDATES_MAX), matches: new Int32Array(CANDIDATES_MAX) }
}

/**
 * Each further matching token makes a place MATCH_WEIGHT times as telling: the soft form of "longest match wins",
 * the back-off that count-based language models use.
 */
export function vote(index: StreamIndex, found: Candidates): Prediction | undefined {
  let total = 0
  let best: Prediction | undefined
  for (let i = 0; i < found.count; i++) {
    const token = index.at(found.positions[i] ?? 0)
    total += weight(found.matches[i] ?? 0)
    if (token === BOUNDARY || firstVote(index, found, i, token) < i) continue
    const prediction = tally(index, found, i, token)
    if (!best || prediction.share > best.share) best = prediction
  }
  if (best) best.share /= total
  return best
}

function firstVote(index: StreamIndex, found: Candidates, until: number, token: number): number {
  for (let i = 0; i < until; i++) if (index.at(found.positions[i] ?? 0) === token) return i
  return until
}

function tally(index: StreamIndex, found: Candidates, from: number, token: number): Prediction {
  const position = found.positions[from] ?? 0
  const prediction = { token, share: 0, match: found.matches[from] ?? 0, support: 0, position }
  for (let i = from; i < found.count; i++) {
    if (index.at(found.positions[i] ?? 0) !== token) continue
    const match = found.matches[i] ?? 0
    prediction.share += weight(match)
    prediction.support++
    if (match <= prediction.match) continue
    prediction.match = match
    prediction.position = found.positions[i] ?? 0
  }
  return prediction
}

function weight(match: number): number {
  return WEIGHTS[match] ?? 0
}

const MATCH_WEIGHT = 2
const WEIGHTS = Float64Array.from({ length: 64 }, (_, match) => MATCH_WEIGHT ** match)
