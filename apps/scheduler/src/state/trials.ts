import {
  type Database,
  type LiveVersion,
  type OpenTrial,
  openTrials,
  STATIC_RIVAL,
  trialWitnessesOf,
} from '@foretoken/db'
import { seededRandom } from '@foretoken/learning/training'
import { evidenceOf, type PairedRequest, type PromotionRules, type Trial, type TrialEvidence } from '@foretoken/policy'

/** A tenant's draft on trial: as the database has it, and as it is decided about. */
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

  /** By tenant. */
  async read(live: ReadonlyMap<string, LiveVersion>): Promise<ReadonlyMap<string, TrialFacts>> {
    const open = (await openTrials(this.db)).map((each) => ({ ...each, rivals: rivalsOf(each, live) }))
    const changed = open.filter((each) => {
      const known = this.known.get(each.draftId)
      return known?.about !== aboutOf(each) || known.witnesses !== each.witnesses
    })
    const ids = changed.map(({ draftId }) => draftId)
    const said = await trialWitnessesOf(this.db, ids)
    const facts = new Map<string, TrialFacts>()
    const known = new Map<string, Known>()
    for (const each of open) {
      const before = this.known.get(each.draftId)
      const now = changed.includes(each)
        ? this.learn(
            each,
            said.filter(({ draftId }) => draftId === each.draftId),
            before,
          )
        : before
      if (!now) continue
      known.set(each.draftId, now)
      facts.set(each.tenantId, factsOf(each, now.evidence))
    }
    this.known = known
    return facts
  }

  private learn(
    trial: Asked,
    witnesses: Awaited<ReturnType<typeof trialWitnessesOf>>,
    before: Known | undefined,
  ): Known {
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
function rivalsOf({ tenantId, stage }: OpenTrial, live: ReadonlyMap<string, LiveVersion>): Record<string, string> {
  const current = live.get(tenantId)?.draftId
  const shared = { 'the static draft': STATIC_RIVAL }
  if (current === undefined) return shared
  return { ...(stage === 'shadow' && shared), 'the current adapter': current }
}

const aboutOf = ({ stage, rivals }: Asked) => [stage, ...Object.values(rivals)].join(' ')

function pairOf({
  rivalTokens,
  rivalMs,
  candidateTokens,
  candidateMs,
}: Awaited<ReturnType<typeof trialWitnessesOf>>[number]) {
  return { baseline: { tokens: rivalTokens, ms: rivalMs }, candidate: { tokens: candidateTokens, ms: candidateMs } }
}

function factsOf({ draftId, version, stage, since, judgedUntil, judging }: Asked, { requests, over }: TrialEvidence) {
  return { draftId, stage, judgedUntil, judging, trial: { version, stage, sinceMs: since.getTime(), requests, over } }
}
