import type { Decision, DecisionKind } from './decision.ts'
import { decideRound } from './round.ts'
import type { Rules } from './rules.ts'
import type { SchedulerState } from './state.ts'

/** One decision that other rules would have taken otherwise. Null: none of this topic was, or would have been, taken. */
export interface Difference {
  readonly tenant: string
  readonly topic: Topic
  readonly before: Decision | null
  readonly after: Decision | null
}

export type Topic = 'training' | 'trial' | 'route' | 'place'

/** Replays a recorded round under other rules. Made as it is read, tenant by tenant. */
export function* whatIf(
  { state, nowMs, rules }: { readonly state: SchedulerState; readonly nowMs: number; readonly rules: Rules },
  changed: Rules,
): Generator<Difference> {
  const [was, would] = [decideRound(state, nowMs, rules), decideRound(state, nowMs, changed)]
  for (const [at, { tenant }] of state.tenants.entries()) {
    const [before, after] = [byTopic(was.of(at)), byTopic(would.of(at))]
    for (const topic of TOPICS) {
      const [old, other] = [before.get(topic) ?? null, after.get(topic) ?? null]
      if (old?.kind !== other?.kind) yield { tenant, topic, before: old, after: other }
    }
  }
}

const TOPICS = ['training', 'trial', 'route', 'place'] as const

function byTopic(decisions: readonly Decision[]): ReadonlyMap<Topic, Decision> {
  return new Map(decisions.map((decision) => [topicOf(decision), decision]))
}

/** What a decision is about. */
export const topicOf = ({ kind }: Pick<Decision, 'kind'>): Topic => TOPIC_OF[kind]

const TOPIC_OF: Readonly<Record<DecisionKind, Topic>> = {
  train: 'training',
  wait: 'training',
  promote: 'trial',
  reject: 'trial',
  watch: 'trial',
  rollback: 'route',
  'route-static': 'route',
  'route-adaptive': 'route',
  'mark-drift': 'route',
  'keep-route': 'route',
  'keep-hot': 'place',
  'keep-on-disk': 'place',
  'keep-in-store': 'place',
  'keep-cheap-parts': 'place',
  drop: 'place',
}
