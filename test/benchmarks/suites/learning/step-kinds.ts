import type { DecodeReport } from '@foretoken/engine'

/** What a verification step of one sequence verified: nothing, a suffix, a neural chain, or both side by side. */
export const STEP_KINDS = ['none', 'suffix', 'neural', 'both'] as const
export type StepKind = (typeof STEP_KINDS)[number]

/** Of all steps of one kind, summed. */
export interface StepSum {
  readonly steps: number
  /** Tokens that the plan expected to commit, and those that were. */
  readonly expectedTokens: number
  readonly tokens: number
  /** The cost table's milliseconds of the step, drafting included, and what it took. */
  readonly expectedMs: number
  readonly ms: number
  /** What of that drafting took; a draft that was asked for and then not verified counts as well. */
  readonly draftMs: number
}

export type StepSums = Readonly<Record<StepKind, StepSum>>

const NOTHING: StepSum = { steps: 0, expectedTokens: 0, tokens: 0, expectedMs: 0, ms: 0, draftMs: 0 }
export const NO_STEPS: StepSums = { none: NOTHING, suffix: NOTHING, neural: NOTHING, both: NOTHING }

/** Adds a step of one sequence. Reads what is there without having the step explained, which would take time. */
export function withStep(sums: StepSums, report: DecodeReport): StepSums {
  const kind = kindOf(report)
  const { plan, draftExpectedMs, draftMs, ms, results } = report
  const step: StepSum = {
    steps: 1,
    expectedTokens: plan.expectedTokens,
    tokens: results.reduce((sum, { committed }) => sum + committed, 0),
    expectedMs: plan.expectedMs + draftExpectedMs,
    ms,
    draftMs,
  }
  return { ...sums, [kind]: added(sums[kind], step) }
}

export function sumOfSteps(all: readonly StepSums[]): StepSums {
  const sum = (kind: StepKind) => all.map((sums) => sums[kind]).reduce(added, NOTHING)
  return { none: sum('none'), suffix: sum('suffix'), neural: sum('neural'), both: sum('both') }
}

function kindOf({ results }: DecodeReport): StepKind {
  const arms = new Set(results.flatMap(({ branches }) => branches.map(({ arm }) => arm)))
  const neural = arms.has('static') || arms.has('adaptive')
  if (arms.has('suffix')) return neural ? 'both' : 'suffix'
  return neural ? 'neural' : 'none'
}

function added(a: StepSum, b: StepSum): StepSum {
  return {
    steps: a.steps + b.steps,
    expectedTokens: a.expectedTokens + b.expectedTokens,
    tokens: a.tokens + b.tokens,
    expectedMs: a.expectedMs + b.expectedMs,
    ms: a.ms + b.ms,
    draftMs: a.draftMs + b.draftMs,
  }
}
