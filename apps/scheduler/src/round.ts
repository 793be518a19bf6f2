import { type Database, type NewDecision, orderTrainingRun, recordDecisions, rollBackDraft } from '@foretoken/db'
import { type Decision, decideRound, type Rules, type SchedulerState, topicOf } from '@foretoken/policy'
import type { Population } from './state/population.ts'
import { parseSubject } from './state/subject.ts'

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
  readonly written: number
}

/** Decides about every tenant on every target, does what was decided and writes down why. */
export async function playRound(ctx: RoundContext, state: SchedulerState, nowMs: number): Promise<RoundResult> {
  const { db, said } = ctx
  const round = decideRound(state, nowMs, ctx.rules)
  const rows: NewDecision[] = []
  let [trained, rolledBack] = [0, 0]
  for (const decision of round.decisions) {
    const topic = topicOf(decision)
    if (topic === 'place' || NOT_HERE.has(decision.kind)) continue
    const changed = decision.changes && (await act(ctx, decision, nowMs))
    if (changed && decision.kind === 'train') trained++
    if (changed && decision.kind === 'rollback') rolledBack++
    const key = `${decision.tenant} ${topic}`
    if (!changed && said.get(key) === decision.reason) continue
    said.set(key, decision.reason)
    rows.push(rowOf(decision, topic, changed))
  }
  await recordDecisions(db, rows)
  if (trained > 0) await ctx.wakeTrainers()
  return { trained, rolledBack, written: rows.length }
}

/** False: somebody else did it already. */
async function act({ db, population }: RoundContext, { tenant, kind, reason }: Decision, nowMs: number) {
  switch (kind) {
    case 'train':
      return (await orderTrainingRun(db, parseSubject(tenant), 'tokens')).created
    case 'rollback':
      return (await rollBackDraft(db, parseSubject(tenant), reason)) !== null
    case 'mark-drift':
      population.markDrift(tenant, nowMs)
      return true
    default:
      return false
  }
}

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
