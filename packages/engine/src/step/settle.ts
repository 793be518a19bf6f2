import type { Arm } from '@foretoken/drafting'
import type { TargetOutput } from '@foretoken/model'
import type { Sequence } from '../sequence.ts'
import type { VerifiedBranch, VerifiedStep } from '../statistics.ts'
import type { DecodeContext } from './context.ts'
import type { SequenceDraft } from './plan.ts'
import { type Verdict, verify } from './verify.ts'

/** Where one sequence's rows are in the output of a run. */
export interface Place {
  readonly batch: number
  readonly length: number
  readonly index: number
  /** Its first logit row. */
  readonly firstRow: number
}

/**
 * Verifies one sequence, keeps the cache rows of what was committed, and lets everybody learn of it: the arms, the
 * request's statistics, the trace, the tenant's stream.
 */
export function settle(
  sequence: Sequence,
  draft: SequenceDraft,
  output: TargetOutput,
  place: Place,
  ctx: DecodeContext,
): VerifiedStep {
  const before = sequence.tokens.length
  const { vocabularySize, hiddenSize } = ctx.target.shape
  let verdict: Verdict
  try {
    verdict = verify(sequence, draft.tree, output.logits, place.firstRow, vocabularySize)
  } catch (cause) {
    ctx.onSequenceError(sequence, cause)
    return { ...stepOf(draft, 0, []), committed: 0 }
  }
  const { rows, accepted } = verdict
  if (!sequence.finished) {
    ctx.arena.appendPath(place.index, sequence.cached, output.delta, place, rows)
    sequence.cached += rows.length
  }
  const tokens = sequence.tokens.slice(before)
  const step = stepOf(draft, accepted, tokens)
  const logitRows = rows.map((row) => place.firstRow + row)
  const hidden = logitRows.map((row) => output.hidden.subarray(row * hiddenSize, (row + 1) * hiddenSize))
  for (const session of sequence.drafts) session.commit({ tokens, hidden })
  sequence.capture?.commit(hidden, output.logits, logitRows, step.arm)
  sequence.job.speculation.add(step)
  sequence.flush()
  return step
}

/** The step counts for the arm whose branch went furthest; where two went as far, for the one that promised more. */
function stepOf({ branches, tree }: SequenceDraft, accepted: number, tokens: readonly number[]): VerifiedStep {
  const verified = branches.map((branch): VerifiedBranch => {
    const wrong = branch.tokens.findIndex((token, depth) => depth >= accepted || token !== tokens[depth])
    const right = wrong < 0 ? branch.tokens.length : wrong
    return { arm: branch.arm, draftVersion: branch.version, proposed: branch.tokens.length, accepted: right }
  })
  // An alternative's path is its arm's chain but for the end: counted by position it would count twice.
  const chains = verified.filter((_, at) => branches[at]?.shared === undefined)
  const alternatives = branches.map(({ tokens, shared = tokens.length }) => tokens.length - shared)
  const furthest = Math.max(0, ...verified.map((branch) => branch.accepted))
  const winner = verified.find((branch) => branch.accepted === furthest)
  const arm: Arm = winner?.arm ?? 'none'
  return {
    arm,
    draftVersion: winner?.draftVersion ?? null,
    branches: chains,
    alternatives: alternatives.reduce((sum, rows) => sum + rows, 0),
    proposed: tree.tokens.length,
    accepted,
    committed: tokens.length,
  }
}
