import type { Arm } from '@foretoken/drafting'
import type { ArmStatistics, SpeculationSummary } from './request.ts'

/** What one verification step did for one sequence. */
export interface VerifiedStep {
  /** The arm whose branch went furthest. */
  readonly arm: Arm
  readonly draftVersion: string | null
  /** The chains that were verified, one per arm. */
  readonly branches: readonly VerifiedBranch[]
  /** Draft tokens verified beside a chain's, or behind it. */
  readonly alternatives: number
  /** Draft tokens verified, and how many of them the target agreed with. What branches share counts once. */
  readonly proposed: number
  readonly accepted: number
  /** Tokens committed, the target's own included. */
  readonly committed: number
}

export interface VerifiedBranch {
  readonly arm: Arm
  readonly draftVersion: string | null
  readonly proposed: number
  readonly accepted: number
}

/** Counts verification steps by arm, version and position: the source of every acceptance figure. */
export class SpeculationCounter {
  private readonly arms = new Map<string, MutableArmStatistics>()
  private readonly histogram: number[] = []
  private draftTokens = 0
  private acceptedTokens = 0
  private lookaheadMax = 0

  add(step: VerifiedStep): void {
    const own = this.of(step)
    own.steps++
    own.committedTokens += step.committed
    for (const branch of step.branches) count(this.of(branch), branch)
    this.draftTokens += step.proposed
    this.acceptedTokens += step.accepted
    while (this.histogram.length <= step.accepted) this.histogram.push(0)
    this.histogram[step.accepted] = (this.histogram[step.accepted] ?? 0) + 1
    this.lookaheadMax = Math.max(this.lookaheadMax, step.proposed)
  }

  summary(): SpeculationSummary {
    const arms = [...this.arms.values()]
    const armSteps: Partial<Record<Arm, number>> = {}
    for (const { arm, steps } of arms) if (steps > 0) armSteps[arm] = (armSteps[arm] ?? 0) + steps
    return {
      steps: arms.reduce((sum, { steps }) => sum + steps, 0),
      draftTokens: this.draftTokens,
      acceptedTokens: this.acceptedTokens,
      acceptanceHistogram: [...this.histogram],
      lookaheadMax: this.lookaheadMax,
      armSteps,
      arms: arms.map((arm) => ({ ...arm, proposed: [...arm.proposed], accepted: [...arm.accepted] })),
    }
  }

  private of({ arm, draftVersion }: Pick<VerifiedStep, 'arm' | 'draftVersion'>): MutableArmStatistics {
    const id = `${arm} ${draftVersion}`
    const known = this.arms.get(id)
    if (known) return known
    const fresh: MutableArmStatistics = { arm, draftVersion, steps: 0, committedTokens: 0, proposed: [], accepted: [] }
    this.arms.set(id, fresh)
    return fresh
  }
}

type MutableArmStatistics = { -readonly [Field in keyof ArmStatistics]: ArmStatistics[Field] } & {
  proposed: number[]
  accepted: number[]
}

function count(arm: MutableArmStatistics, { proposed, accepted }: VerifiedBranch): void {
  for (let position = 0; position < proposed; position++) {
    arm.proposed[position] = (arm.proposed[position] ?? 0) + 1
    arm.accepted[position] = (arm.accepted[position] ?? 0) + (position < accepted ? 1 : 0)
  }
}
