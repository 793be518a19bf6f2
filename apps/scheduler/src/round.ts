import {
  advanceDraft,
  type Database,
  dismissDraft,
  type NewDecision,
  orderJudgements,
  orderTrainingRun,
  recordDecisions,
  rollBackDraft,
} from '@foretoken/db'
import { type Decision, decideRound, isJudgementDue, type Rules, type SchedulerState, topicOf } from '@foretoken/policy'
import type { Facts, Population } from './state/population.ts'
import { parseSubject } from './state/subject.ts'
import type { TrialFacts } from './state/trials.ts'

/** What is neither done nor said: places are the workers' own business, and between two arms the engine picks. */
const NOT_HERE: ReadonlySet<Decision['kind']> = new Set(['route-static', 'route-adaptive'])

export interface RoundContext {
  readonly db: Database
  readonly rules: Rules
  readonly population: Population
  /** The last sentence about each subject and topic, so that only news is written. */
  readonly said: Map<string, string>
  /** There is a run to claim. */
  readonly wakeTrainers: () => Promise<void>
}

export interface RoundResult {
  readonly trained: number
  readonly rolledBack: number
  /** Drafts on trial that left their stage. */
  readonly tried: number
  readonly written: number
}

/** Decides about every tenant on every target, does what was decided and writes down why. */
export async function playRound(
  ctx: RoundContext,
  trials: Facts['trials'],
  state: SchedulerState,
  nowMs: number,
): Promise<RoundResult> {
  const { db, said } = ctx
  const round = decideRound(state, nowMs, ctx.rules)
  const rows: NewDecision[] = []
  let [trained, rolledBack, tried] = [0, 0, 0]
  for (const decision of round.decisions) {
    const topic = topicOf(decision)
    if (topic === 'place' || NOT_HERE.has(decision.kind)) continue
    const changed = decision.changes && (await act(ctx, decision, trials.get(decision.tenant), nowMs))
    if (changed && decision.kind === 'train') trained++
    if (changed && topic === 'trial') tried++
    if (changed && decision.kind === 'rollback') rolledBack++
    const key = `${decision.tenant} ${topic}`
    if (!changed && said.get(key) === decision.reason) continue
    said.set(key, decision.reason)
    rows.push(rowOf(decision, topic, changed))
  }
  await recordDecisions(db, rows)
  if (trained > 0) await ctx.wakeTrainers()
  return { trained, rolledBack, tried, written: rows.length }
}

/** Has shadows judged again of whose tenants enough came since, on their targets; returns how many. */
export async function orderDueJudgements(
  { db, rules, wakeTrainers }: RoundContext,
  { trials, stocks }: Pick<Facts, 'trials' | 'stocks'>,
  { tenants }: SchedulerState,
): Promise<number> {
  const due = tenants.flatMap(({ tenant, tokensPerDay, requestsPerDay }) => {
    const { stage, judging, draftId, trial } = trials.get(tenant) ?? { stage: null }
    if (stage !== 'shadow' || judging) return []
    const tokens = stocks.get(tenant)?.unjudgedTokens ?? 0
    const tokensPerRequest = requestsPerDay > 0 ? tokensPerDay / requestsPerDay : 0
    return isJudgementDue({ requests: trial.requests, tokens, tokensPerRequest }, rules.promotion) ? [draftId] : []
  })
  const ordered = await orderJudgements(db, due)
  if (ordered > 0) await wakeTrainers()
  return ordered
}

/** False: somebody else did it already. */
async function act(
  { db, population }: RoundContext,
  { tenant: subject, kind, reason }: Decision,
  tried: TrialFacts | undefined,
  nowMs: number,
): Promise<boolean> {
  const lineage = parseSubject(subject)
  switch (kind) {
    case 'promote':
      return tried !== undefined && (await advanceDraft(db, lineage.tenantId, tried.draftId, verdictOf(tried, reason)))
    case 'reject':
      return tried !== undefined && (await dismissDraft(db, lineage.tenantId, tried.draftId, verdictOf(tried, reason)))
    case 'train':
      return (await orderTrainingRun(db, lineage, 'tokens')).created
    case 'rollback':
      return (await rollBackDraft(db, lineage, reason)) !== null
    case 'mark-drift':
      population.markDrift(subject, nowMs)
      return true
    default:
      return false
  }
}

const verdictOf = ({ stage: from }: TrialFacts, reason: string) => ({ from, reason })

function rowOf({ tenant, kind, value, inputs, alternatives, reason }: Decision, topic: string, changes: boolean) {
  const finite = Object.entries(inputs).filter(([, figure]) => Number.isFinite(figure))
  return {
    ...parseSubject(tenant),
    ...{ topic, kind, changes, reason },
    value: Number.isFinite(value) ? value : 0,
    inputs: Object.fromEntries(finite),
    alternatives: alternatives.map((each) => ({ ...each, value: Number.isFinite(each.value) ? each.value : 0 })),
  }
}
