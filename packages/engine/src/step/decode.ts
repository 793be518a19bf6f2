import {
  type Accounts,
  type Arm,
  type CostTable,
  drawAt,
  type Proposal,
  planStep,
  type Speculator,
  type StepPlan,
} from '@foretoken/drafting'
import type { Target } from '@foretoken/model'
import type { KvArena } from '../cache/arena.ts'
import type { Roster } from '../roster.ts'
import type { Sequence } from '../sequence.ts'
import { packFeeds } from './feed.ts'
import { verify } from './verify.ts'

export interface DecodeContext {
  readonly target: Target
  readonly arena: KvArena
  readonly roster: Roster
  readonly speculators: readonly Speculator[]
  readonly costs: CostTable
  readonly accounts: Accounts
  readonly lookaheadMax: number
  /** Counts steps; decides which ones explore. */
  readonly step: number
  readonly clock: () => number
  /** One sequence could not be sampled; the others of the batch go on. */
  readonly onSequenceError: (sequence: Sequence, cause: unknown) => void
}

export interface DecodeReport {
  readonly plan: StepPlan
  readonly results: readonly SequenceResult[]
  /** The target run, and the whole step with drafting and sampling. */
  readonly targetMs: number
  readonly ms: number
}

export interface SequenceResult {
  readonly arm: Arm
  readonly proposed: number
  readonly accepted: number
  readonly committed: number
}

/**
 * One verification step for all decoding sequences: arms propose, the controller picks arm and lookahead for each, one
 * target run scores every proposal, and each sequence commits the target's own tokens up to the first disagreement.
 */
export async function decodeStep(batch: readonly Sequence[], ctx: DecodeContext): Promise<DecodeReport> {
  const started = ctx.clock()
  const proposals = await propose(batch, ctx)
  const plan = planStep({
    sequences: batch.map((sequence, index) => ({
      tenant: sequence.job.request.tenant,
      options: [...(proposals[index] ?? [])].flatMap(([arm, { survival }]) =>
        arm === 'none' ? [] : [{ arm, survival, drafted: true }],
      ),
      ...forcedBy(sequence),
      creditMs: ctx.accounts.creditMs(sequence.job.request.tenant, ctx.costs.targetMs(batch.length, 1)),
    })),
    costs: ctx.costs,
    lookaheadMax: ctx.lookaheadMax,
    draw: drawAt(0, ctx.step),
  })
  const drafts = plan.decisions.map(
    ({ arm, lookahead }, index) => proposals[index]?.get(arm)?.tokens.slice(0, lookahead) ?? [],
  )

  const feeds = batch.map(({ tokens, cached }, index) => {
    const draft = drafts[index] ?? []
    return { tokens: [...tokens.slice(cached), ...draft], cached, logits: 1 + draft.length }
  })
  ctx.arena.reserve(
    ctx.roster.lengths,
    Math.max(...ctx.roster.lengths, ...feeds.map((feed) => feed.cached + feed.tokens.length)),
  )
  const { input, firstRows } = packFeeds(feeds, { ...ctx.arena.view(0, batch.length), capacity: ctx.arena.capacity })
  const running = ctx.clock()
  const output = await ctx.target.run(input)
  const targetMs = ctx.clock() - running

  const results = batch.map((sequence, index) => {
    const draft = drafts[index] ?? []
    const run = { batch: batch.length, length: input.length, index }
    const result = commit(sequence, draft, output, firstRows[index] ?? 0, run, ctx)
    const settled = { arm: plan.decisions[index]?.arm ?? 'none', ...result }
    settle(sequence, settled)
    return settled
  })
  const tenants = batch.map((sequence) => sequence.job.request.tenant)
  const committed = results.map((result) => result.committed)
  ctx.accounts.settle(plan, tenants, committed)
  const ms = ctx.clock() - started
  ctx.costs.observeTarget(batch.length, input.length, ms) // the whole step: more rows also cost more sampling
  return { plan, results, targetMs, ms }
}

/** Each arm drafts for the sequences that may use it, all of them in one call. */
async function propose(batch: readonly Sequence[], ctx: DecodeContext): Promise<Map<Arm, Proposal>[]> {
  const proposals = batch.map(() => new Map<Arm, Proposal>())
  for (const speculator of ctx.speculators) {
    const asked = batch.flatMap((sequence, index) => {
      const { arm, lookahead } = sequence.job.request.speculation
      const session = sequence.drafts.get(speculator.arm)
      const lookaheadMax = Math.min(lookahead ?? ctx.lookaheadMax, ctx.lookaheadMax, sequence.lookaheadMax)
      const wanted = arm === 'auto' || arm === speculator.arm
      return session && wanted && lookaheadMax > 0 ? [{ index, session, lookaheadMax }] : []
    })
    if (asked.length === 0) continue
    const answers = await speculator.propose(asked)
    for (const [at, { index }] of asked.entries()) {
      const proposal = answers[at]
      if (proposal) proposals[index]?.set(speculator.arm, proposal)
    }
  }
  return proposals
}

function forcedBy(sequence: Sequence): { forced?: { arm?: Arm; lookahead?: number } } {
  const { arm, lookahead } = sequence.job.request.speculation
  if (arm === 'auto' && lookahead === undefined) return {}
  return { forced: { ...(arm === 'auto' ? {} : { arm }), ...(lookahead === undefined ? {} : { lookahead }) } }
}

/** Verifies, and keeps the cache rows of what was committed: the leading token and the accepted drafts. */
function commit(
  sequence: Sequence,
  draft: readonly number[],
  output: { logits: Float32Array; delta: Float32Array },
  firstRow: number,
  run: { batch: number; length: number; index: number },
  ctx: DecodeContext,
): Omit<SequenceResult, 'arm'> {
  const before = sequence.tokens.length
  let accepted = 0
  try {
    accepted = verify(sequence, draft, output.logits, firstRow, ctx.target.shape.vocabularySize)
  } catch (cause) {
    ctx.onSequenceError(sequence, cause)
  }
  const committed = sequence.tokens.length - before
  if (!sequence.finished && committed > 0) {
    ctx.arena.append(run.index, sequence.cached, output.delta, run, committed)
    sequence.cached += committed
  }
  return { proposed: draft.length, accepted, committed }
}

/** Everybody learns what was committed: the arms, the request's statistics, the tenant's stream. */
function settle(sequence: Sequence, result: SequenceResult): void {
  const { arm, proposed, accepted, committed } = result
  const tokens = sequence.tokens.slice(sequence.tokens.length - committed)
  for (const session of sequence.drafts.values()) session.commit(tokens)
  sequence.job.speculation.add({ arm, draftVersion: null, proposed, accepted, committed })
  sequence.flush()
}
