import type { DraftArm } from '../speculator.ts'
import type { Offer } from './offer.ts'

/** What one sequence does in a step. */
export interface Pick {
  readonly offer: Offer | undefined
  readonly rows: number
  readonly tokens: number
}

export const PLAIN: Pick = { offer: undefined, rows: 0, tokens: 1 }

/** The offer that is expected to commit most within so many rows; a forced one in any case. */
export function pick(offers: readonly Offer[], rowsMax: number, drafting: readonly DraftArm[]): Pick {
  let best = PLAIN
  for (const offer of offers) {
    if (!mayTake(offer, drafting)) continue
    const rows = offer.exactly ?? Math.min(rowsMax, offer.expected.length - 1)
    const tokens = offer.expected[rows] ?? 1
    if (tokens > best.tokens || (best === PLAIN && offer.exactly !== undefined)) best = { offer, rows, tokens }
  }
  return best
}

export function mayTake({ undrafted, exactly }: Offer, drafting: readonly DraftArm[]): boolean {
  return undrafted === undefined || exactly !== undefined || drafting.includes(undrafted)
}
