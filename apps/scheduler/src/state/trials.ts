import {
  type Database,
  type LiveVersion,
  type OpenTrial,
  openTrials,
  STATIC_RIVAL,
  trialWitnessesOf,
  type Witness,
} from '@foretoken/db'
import { seededRandom } from '@foretoken/learning/training'
import { evidenceOf, type PairedRequest, type PromotionRules, type Trial, type TrialEvidence } from '@foretoken/policy'
import { subjectOf } from './subject.ts'

/** A tenant's draft on trial for a target: as the database has it, and as it is decided about. */
export interface TrialFacts extends Pick<OpenTrial, 'draftId' | 'stage' | 'judgedUntil' | 'judging'> {
  readonly trial: Trial
}

interface Known {
  /** Stage and rivals that the evidence is about. */
  readonly about: string
  readonly witnesses: number
  readonly evidence: TrialEvidence
}

/** Reads what requests say of drafts on trial; of those of which nothing new was said it asks for no more than that. */
export class Trials {
  private known = new Map<string, Known>()

  constructor(
    private readonly db: Database,
    private readonly rules: PromotionRules,
  ) {}

  /** By subject. */
  async read(live: ReadonlyMap<string, LiveVersion>): Promise<ReadonlyMap<string, TrialFacts>> {
    const open = (await openTrials(this.db)).map((each) => ({ ...each, rivals: rivalsOf(each, live) }))
    const isKnown = (each: Asked) => {
      const known = this.known.get(each.draftId)
      return known?.about === aboutOf(each) && known.witnesses === each.witnesses
    }
    const said = await this.said(open.filter((each) => !isKnown(each)))
    const facts = new Map<string, TrialFacts>()
    const known = new Map<string, Known>()
    for (const each of open) {
      const before = this.known.get(each.draftId)
      const now = before && isKnown(each) ? before : this.learn(each, said.get(each.draftId) ?? [], before)
      known.set(each.draftId, now)
      facts.set(subjectOf(each.tenantId, each.targetId), factsOf(each, now.evidence))
    }
    this.known = known
    return facts
  }

  /** By draft. */
  private async said(trials: readonly Asked[]): Promise<ReadonlyMap<string, readonly Witness[]>> {
    const ids = trials.map(({ draftId }) => draftId)
    const said = new Map(ids.map((id): [string, Witness[]] => [id, []]))
    for (const witness of await trialWitnessesOf(this.db, ids)) said.get(witness.draftId)?.push(witness)
    return said
  }

  private learn(trial: Asked, witnesses: readonly Witness[], before: Known | undefined): Known {
    const about = aboutOf(trial)
    const pairs = Object.entries(trial.rivals).map(([name, id]): [string, PairedRequest[]] => [
      name,
      witnesses.filter(({ rival }) => rival === id).map(pairOf),
    ])
    const last = before?.about === about ? before.evidence : null
    const random = seededRandom(witnesses.length)
    const evidence = evidenceOf(trial.stage, Object.fromEntries(pairs), last, this.rules, random)
    return { about, witnesses: trial.witnesses, evidence }
  }
}

interface Asked extends OpenTrial {
  /** Versions by the names that reasons have for them. */
  readonly rivals: Readonly<Record<string, string>>
}

/**
 * A shadow is compared with all that its tenant could have instead. A canary takes turns with what serves, and that has
 * to be what serves now.
 */
function rivalsOf(
  { tenantId, targetId, stage }: OpenTrial,
  live: ReadonlyMap<string, LiveVersion>,
): Record<string, string> {
  const current = live.get(subjectOf(tenantId, targetId))?.draftId
  const shared = { 'the static draft': STATIC_RIVAL }
  if (current === undefined) return shared
  return { ...(stage === 'shadow' && shared), 'the current adapter': current }
}

const aboutOf = ({ stage, rivals }: Asked) => [stage, ...Object.values(rivals)].join(' ')

function pairOf({ rivalTokens, rivalMs, candidateTokens, candidateMs }: Witness) {
  return { baseline: { tokens: rivalTokens, ms: rivalMs }, candidate: { tokens: candidateTokens, ms: candidateMs } }
}

function factsOf({ draftId, version, stage, since, judgedUntil, judging }: Asked, { requests, over }: TrialEvidence) {
  return { draftId, stage, judgedUntil, judging, trial: { version, stage, sinceMs: since.getTime(), requests, over } }
}
