import type { CostTable } from '../cost/index.ts'
import type { DraftArm } from '../speculator.ts'
import type { Offer, SequenceState } from './offer.ts'
import { mayTake, type Pick, PLAIN, pick } from './pick.ts'

export interface AdmissionInput {
  readonly sequences: readonly SequenceState[]
  /** By sequence. */
  readonly offers: readonly (readonly Offer[])[]
  readonly costs: CostTable
  /** Most draft rows per sequence. */
  readonly lookaheadMax: number
}

/**
 * What a ragged run could verify, from nothing by choice to everything: rows are admitted one after the other, each
 * where the next one is worth most tokens per millisecond.
 *
 * A sequence's offers are points (milliseconds, tokens): what its rows add to the run, and its share of the drafts that
 * have to be asked for. Only their upper hull can be part of a best plan if milliseconds add up, and along it what more
 * is worth only falls, so all sequences' edges in one order are the greedy admission. It ends where an edge is worth
 * less than half of what the plan yields so far: the prices are slopes, and what a plan takes is read from the table.
 * It is the same array each time: copy what is to be kept.
 */
export function* admissions(input: AdmissionInput, drafting: readonly DraftArm[]): Generator<readonly Pick[]> {
  const { offers, sequences } = input
  const rowMs = input.costs.rowMs(sequences.length, input.lookaheadMax)
  const picks = offers.map((each) => pick(each, 0, []))
  const edges = offers
    .flatMap((each, at) => (each.some(isForced) ? [] : hullOf(pointsOf(input, each, drafting, rowMs), at)))
    .sort((a, b) => b.slope - a.slope)
  let tokens = picks.reduce((sum, each) => sum + each.tokens, 0)
  let ms = input.costs.targetMs(offers.length, 1) + rowMs * picks.reduce((sum, each) => sum + each.rows, 0)
  for (const { at, to, slope, from } of edges) {
    if (slope < STOP_SHARE * (tokens / ms)) return
    picks[at] = to.pick
    tokens += to.tokens - from.tokens
    ms += to.ms - from.ms
    yield picks
  }
}

const STOP_SHARE = 0.5

interface Point {
  readonly ms: number
  readonly tokens: number
  readonly pick: Pick
}

interface Edge {
  /** The sequence's place in the batch. */
  readonly at: number
  readonly from: Point
  readonly to: Point
  /** Tokens per millisecond. */
  readonly slope: number
}

const START: Point = { ms: 0, tokens: PLAIN.tokens, pick: PLAIN }

function isForced({ exactly }: Offer): boolean {
  return exactly !== undefined
}

function pointsOf(
  { costs, sequences, lookaheadMax }: AdmissionInput,
  offers: readonly Offer[],
  drafting: readonly DraftArm[],
  rowMs: number,
): Point[] {
  const batch = sequences.length
  const points: Point[] = []
  for (const offer of offers) {
    if (!mayTake(offer, drafting)) continue
    const most = Math.min(lookaheadMax, offer.expected.length - 1)
    for (let rows = 1; rows <= most; rows++) {
      const { undrafted } = offer
      const askMs = undrafted ? costs.draftMs(undrafted, batch, offer.asked(rows)) / batch : 0
      const tokens = offer.expected[rows] ?? 1
      points.push({ ms: rows * rowMs + askMs, tokens, pick: { offer, rows, tokens } })
    }
  }
  return points
}

/** The upper hull of the points from where nothing is drafted (Andrew's monotone chain), as edges of falling slope. */
function hullOf(points: readonly Point[], at: number): Edge[] {
  const hull: Point[] = [START]
  for (const point of [...points].sort((a, b) => a.ms - b.ms || a.tokens - b.tokens)) {
    while (hull.length > 1 && slope(hull.at(-2), hull.at(-1)) < slope(hull.at(-1), point)) hull.pop()
    if (point.tokens > (hull.at(-1)?.tokens ?? 0)) hull.push(point)
  }
  return hull.slice(1).map((to, index) => {
    const from = hull[index] ?? START
    return { at, from, to, slope: slope(from, to) }
  })
}

function slope(from: Point = START, to: Point = START): number {
  return to.ms > from.ms ? (to.tokens - from.tokens) / (to.ms - from.ms) : Number.POSITIVE_INFINITY
}
