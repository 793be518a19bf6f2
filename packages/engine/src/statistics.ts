import type { Arm } from '@foretoken/drafting'
import type { ArmStatistics, SpeculationSummary } from './request.ts'

/** What one verification step did for one sequence. */
export interface VerifiedStep {
  readonly arm: Arm
  readonly draftVersion: string | null
  /** Draft tokens verified, and how many of them the target agreed with. */
  readonly proposed: number
  readonly accepted: number
  /** Tokens committed, the target's own included. */
  readonly committed: number
}

/** Counts verification steps by arm, version and position: the source of every acceptance figure. */
export class SpeculationCounter {
  private readonly arms = new Map<string, MutableArmStatistics>()
  private readonly histogram: number[] = []
  private lookaheadMax = 0

  add(step: VerifiedStep): void {
    const id = `${step.arm} ${step.draftVersion}`
    let arm = this.arms.get(id)
    if (!arm) {
      arm = { arm: step.arm, draftVersion: step.draftVersion, steps: 0, committedTokens: 0, proposed: [], accepted: [] }
      this.arms.set(id, arm)
    }
    arm.steps++
    arm.committedTokens += step.committed
    for (let position = 0; position < step.proposed; position++) {
      arm.proposed[position] = (arm.proposed[position] ?? 0) + 1
      arm.accepted[position] = (arm.accepted[position] ?? 0) + (position < step.accepted ? 1 : 0)
    }
    while (this.histogram.length <= step.accepted) this.histogram.push(0)
    this.histogram[step.accepted] = (this.histogram[step.accepted] ?? 0) + 1
    this.lookaheadMax = Math.max(this.lookaheadMax, step.proposed)
  }

  summary(): SpeculationSummary {
    const arms = [...this.arms.values()]
    const armSteps: Partial<Record<Arm, number>> = {}
    for (const { arm, steps } of arms) armSteps[arm] = (armSteps[arm] ?? 0) + steps
    return {
      steps: sum(arms.map((arm) => arm.steps)),
      draftTokens: sum(arms.flatMap((arm) => arm.proposed)),
      acceptedTokens: sum(arms.flatMap((arm) => arm.accepted)),
      acceptanceHistogram: [...this.histogram],
      lookaheadMax: this.lookaheadMax,
      armSteps,
      arms: arms.map((arm) => ({ ...arm, proposed: [...arm.proposed], accepted: [...arm.accepted] })),
    }
  }
}

type MutableArmStatistics = { -readonly [Field in keyof ArmStatistics]: ArmStatistics[Field] } & {
  proposed: number[]
  accepted: number[]
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
