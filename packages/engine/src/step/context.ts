import type { Accounts, CostTable, Speculator, StrategyEvidence } from '@foretoken/drafting'
import type { Target } from '@foretoken/model'
import type { KvArena } from '../cache/arena.ts'
import type { RunningSequences } from '../running-sequences.ts'
import type { Sequence } from '../sequence.ts'

export interface DecodeContext {
  readonly target: Target
  readonly arena: KvArena
  readonly running: RunningSequences
  readonly speculators: readonly Speculator[]
  readonly costs: CostTable
  readonly accounts: Accounts
  readonly evidence: StrategyEvidence
  /** Most draft tokens verified for a sequence in one step. */
  readonly lookaheadMax: number
  /** Counts steps; decides which ones explore. */
  readonly step: number
  readonly clock: () => number
  /** One sequence could not be sampled; the others of the batch go on. */
  readonly onSequenceError: (sequence: Sequence, cause: unknown) => void
  /** A speculator could not draft; the step goes on without it. */
  readonly onDraftError: (speculator: Speculator, cause: unknown) => void
}
