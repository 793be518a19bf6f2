import type { Sequence } from '../sequence.ts'
import type { DecodeContext } from './context.ts'

/** What drafting can be worth in a step at most, before anybody is asked. */
export interface Outlook {
  /**
   * What a draft token's survival must be for its row to be worth what it takes from the others of the batch, with room
   * for costs that are not what they were expected to be.
   */
  readonly survivalMin: number
  /** Whether every tenant of the batch could pay for a row of each sequence if all were rejected. */
  readonly affordable: boolean
  /** Whether drafting has turned out to be worth less than it takes. */
  readonly worthless: boolean
}

/** Whom evidence about drafting at all concerns: a tenant that is alone, else all batches of the size. */
export function batchOwner(batch: readonly Sequence[]): string {
  const [first] = batch
  return batch.length === 1 && first ? first.learner : `${batch.length} sequences`
}

/**
 * In a large batch most of what could be proposed is not worth its row, and the tenant that has nothing to gain decides
 * how often the others may draft: proposing, and planning with it, at every step took a tenth of one.
 */
export function outlookOf(
  batch: readonly Sequence[],
  { costs, accounts, evidence, target, lookaheadMax }: DecodeContext,
): Outlook {
  const plainMs = costs.targetMs(batch.length, 1)
  const rowsMs = batch.length * costs.rowMs(batch.length, lookaheadMax)
  return {
    survivalMin: target.ragged ? USEFUL_SHARE * (rowsMs / plainMs) : 0,
    affordable: batch.every(({ tenant }) => accounts.creditMs(tenant, plainMs) >= rowsMs),
    worthless: evidence.advice(batchOwner(batch), 'draft') === 'skip',
  }
}

const USEFUL_SHARE = 0.5
