import { CONTEXT_ORDERS, MATCH_MAX } from './context.ts'
import { CANDIDATES_MAX, MATCH_WEIGHT, type Prediction } from './predict.ts'
import { BOUNDARY } from './stream-index.ts'

/** A place where the context occurred: the position of the token that followed it. */
export interface Place {
  readonly position: number
  readonly match: number
}

/**
 * What StreamIndex must find, by looking at every position. `history` is all that was ever appended, of which the
 * last `kept` tokens count; positions start from 1. Quadratic, and the specification of the fast path.
 */
export function searchByScan(
  history: readonly number[],
  kept: number,
  context: readonly number[],
  orderMin = 1,
): Place[] {
  const first = Math.max(0, history.length - kept)
  const places: Place[] = []
  for (let at = first; at < history.length; at++) {
    if (history[at] === BOUNDARY) continue
    const match = matchBefore(history, first, at, context)
    if (orderOf(match) >= orderMin) places.push({ position: at + 1, match })
  }
  places.sort((a, b) => orderOf(b.match) - orderOf(a.match) || b.position - a.position)
  return places.slice(0, CANDIDATES_MAX)
}

/** What `vote` must answer. */
export function voteByScan(history: readonly number[], places: readonly Place[]): Prediction | undefined {
  const total = places.reduce((sum, { match }) => sum + MATCH_WEIGHT ** match, 0)
  const tokens = [...new Set(places.map(({ position }) => history[position - 1] ?? BOUNDARY))]
  const predictions = tokens.map((token) => {
    const voters = places.filter(({ position }) => history[position - 1] === token)
    const match = Math.max(...voters.map((voter) => voter.match))
    const share = voters.reduce((sum, voter) => sum + MATCH_WEIGHT ** voter.match, 0) / total
    const position = voters.find((voter) => voter.match === match)?.position ?? 0
    return { token, share, match, support: voters.length, position }
  })
  const best = Math.max(...predictions.map(({ share }) => share))
  return predictions.find(({ share }) => share === best)
}

function matchBefore(history: readonly number[], first: number, at: number, context: readonly number[]): number {
  let match = 0
  while (match < MATCH_MAX && match < context.length && at - 1 - match >= first) {
    if (history[at - 1 - match] !== context[context.length - 1 - match]) break
    match++
  }
  return match
}

/** The largest indexed order that a match reaches; 0 when it reaches none. */
function orderOf(match: number): number {
  return Math.max(0, ...CONTEXT_ORDERS.filter((order) => order <= match))
}
