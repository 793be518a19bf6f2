import { nextBackOff } from '@foretoken/drafting'
import type { Sequence } from '../sequence.ts'
import type { DecodeContext } from './context.ts'
import { learnEvidence } from './evidence.ts'
import { type Feed, packFeeds } from './feed.ts'
import { draftsOf, planDrafting, planVerification, type SequenceDraft } from './plan.ts'
import { goOn, openOffers, propose } from './propose.ts'
import { type DecodeReport, reportOf } from './report.ts'
import { settle } from './settle.ts'

/**
 * One verification step for all decoding sequences. Free arms propose; the controller says which others are worth
 * asking, and those draft; then it picks what to verify, chains or trees; one target run scores it all, and each
 * sequence commits the target's own tokens up to the first disagreement.
 */
export async function decodeStep(batch: readonly Sequence[], ctx: DecodeContext): Promise<DecodeReport> {
  const started = ctx.clock()
  for (const sequence of batch) sequence.beginStep()
  const offers = await openOffers(batch, ctx)
  const drafting = planDrafting(batch, offers, ctx)
  const asked = drafting.requests.length > 0
  const draftMs = asked ? await propose(batch, drafting.requests, offers, ctx) : 0
  if (asked) goOn(batch, offers, ctx)
  // A pause that falls into a draft (a collection, a busy machine) is not what drafting costs.
  const draftExpectedMs = ctx.costs.draftsMs(drafting.requests)
  const spentMs = Math.min(draftMs, PAUSE_FACTOR * draftExpectedMs)
  const plan = asked ? planVerification(batch, offers, spentMs, ctx) : drafting.plan
  const drafts = draftsOf(plan, offers)
  const drafted = plan.explored || drafting.plan.explored ? undefined : plan.lookahead > 0 || asked
  for (const sequence of batch) if (sequence.isFree) sequence.backOff = nextBackOff(sequence.backOff, drafted)

  const feeds = batch.map((sequence, index) => feedOf(sequence, drafts[index]))
  const rowsMax = Math.max(
    ...ctx.running.lengths,
    ...batch.map((sequence, index) => rowsAfter(sequence, drafts[index])),
  )
  ctx.arena.reserve(ctx.running.lengths, rowsMax)
  const { input, firstRows } = packFeeds(feeds, { ...ctx.arena.view(0, batch.length), capacity: ctx.arena.capacity })
  const runStarted = ctx.clock()
  const output = await ctx.target.run(input)
  const targetMs = ctx.clock() - runStarted

  const results = batch.map((sequence, index) => {
    const place = { batch: batch.length, length: input.length, index, firstRow: firstRows[index] ?? 0 }
    return settle(sequence, drafts[index] ?? NOTHING, output, place, ctx)
  })
  const tenants = batch.map((sequence) => sequence.job.request.tenant)
  const committed = results.map((result) => result.committed)
  ctx.accounts.settle(plan, tenants, committed, { draftMs: spentMs, forced: batch.some(ordersDrafts) })
  countTrials(batch, committed, plan.expectedMs + draftExpectedMs)
  const ms = ctx.clock() - started
  const steadyMs = Math.min(ms, PAUSE_FACTOR * (plan.expectedMs + draftExpectedMs))
  learnEvidence({ batch, offers, drafting, plan, committed, ms: steadyMs }, ctx)
  const rows = ctx.target.ragged ? mean(feeds.map(({ tokens: { length } }) => length)) : input.length
  ctx.costs.observeTarget(batch.length, rows, ms - draftMs, draftMs > 0) // more rows also cost more sampling
  return reportOf({ step: ctx.step, batch, offers, drafting, plan, results, draftExpectedMs, draftMs, targetMs, ms })
}

const PAUSE_FACTOR = 2

/** A step belongs to all that are in it alike. What forbids a candidate to draft says nothing of it. */
function countTrials(batch: readonly Sequence[], committed: readonly number[], ms: number): void {
  for (const [index, { trial, job }] of batch.entries()) {
    const { arm } = job.request.speculation
    if (!trial || (arm !== 'auto' && arm !== 'adaptive')) continue
    job.trials.add(trial, committed[index] ?? 0, ms / batch.length)
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function ordersDrafts({ job }: Sequence): boolean {
  const { arm, lookahead } = job.request.speculation
  return lookahead !== undefined || (arm !== 'auto' && arm !== 'none')
}

const NOTHING: SequenceDraft = { branches: [], tree: { tokens: [], parents: [], chains: [] } }

/** The committed token that is not cached yet, and the draft tokens behind it. */
function feedOf({ tokens, cached }: Sequence, { tree }: SequenceDraft = NOTHING): Feed {
  const feed = { tokens: [...tokens.slice(cached), ...tree.tokens], cached, logits: 1 + tree.tokens.length }
  const isChain = tree.parents.every((parent, node) => parent === node - 1)
  return isChain ? feed : { ...feed, parents: [-1, ...tree.parents.map((parent) => parent + 1)] }
}

/** Cache rows that the sequence has if its longest branch is accepted whole. */
function rowsAfter({ tokens }: Sequence, { branches }: SequenceDraft = NOTHING): number {
  return tokens.length + Math.max(0, ...branches.map((branch) => branch.tokens.length))
}
