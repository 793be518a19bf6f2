import { z } from 'zod'
import { armSchema, type SpeculationSummary } from '../rpc.ts'

/** What `speculation: {"metrics": true}` adds to an answer. Names are vLLM's where it has one. */
export const speculationMetricsSchema = z.strictObject({
  speculative_decoding: z.strictObject({
    /** Tokens per verification step, the bonus token included; null without a step. */
    mean_acceptance_length: z.number().nullable(),
    /** Accepted ÷ proposed draft tokens; null when nothing was proposed. */
    draft_acceptance_rate: z.number().nullable(),
    /** acceptance_histogram[j]: steps that accepted exactly j draft tokens. */
    acceptance_histogram: z.array(z.int()),
    num_spec_steps: z.int(),
    num_accepted_draft_tokens: z.int(),
    num_draft_tokens: z.int(),
    /** The largest lookahead used. */
    num_spec_tokens: z.int(),
    /** Share of the steps by arm; the shares sum to 1. */
    arm_shares: z.partialRecord(armSchema, z.number()),
    /** The draft behind most steps; null when only arms without a model ran. */
    draft_version: z.string().nullable(),
  }),
})
export type SpeculationMetrics = z.infer<typeof speculationMetricsSchema>

export function toSpeculationMetrics(summary: SpeculationSummary): SpeculationMetrics {
  const { steps, draftTokens, acceptedTokens } = summary
  const versions = summary.arms.filter((arm) => arm.draftVersion !== null).sort((a, b) => b.steps - a.steps)
  return {
    speculative_decoding: {
      mean_acceptance_length: steps === 0 ? null : 1 + acceptedTokens / steps,
      draft_acceptance_rate: draftTokens === 0 ? null : acceptedTokens / draftTokens,
      acceptance_histogram: summary.acceptanceHistogram,
      num_spec_steps: steps,
      num_accepted_draft_tokens: acceptedTokens,
      num_draft_tokens: draftTokens,
      num_spec_tokens: summary.lookaheadMax,
      arm_shares: Object.fromEntries(
        Object.entries(summary.armSteps).map(([arm, count]) => [arm, steps === 0 ? 0 : count / steps]),
      ),
      draft_version: versions[0]?.draftVersion ?? null,
    },
  }
}

/** One summary for a request that needed several calls, one per prompt. */
export function addSummaries(summaries: readonly SpeculationSummary[]): SpeculationSummary {
  const armSteps: SpeculationSummary['armSteps'] = {}
  for (const summary of summaries) {
    for (const arm of armSchema.options) {
      const steps = summary.armSteps[arm]
      if (steps !== undefined) armSteps[arm] = (armSteps[arm] ?? 0) + steps
    }
  }
  return {
    steps: sum(summaries.map((each) => each.steps)),
    draftTokens: sum(summaries.map((each) => each.draftTokens)),
    acceptedTokens: sum(summaries.map((each) => each.acceptedTokens)),
    acceptanceHistogram: addLists(summaries.map((each) => each.acceptanceHistogram)),
    lookaheadMax: Math.max(0, ...summaries.map((each) => each.lookaheadMax)),
    armSteps,
    arms: addArms(summaries.flatMap((each) => each.arms)),
  }
}

type ArmStatistics = SpeculationSummary['arms'][number]

function addArms(arms: readonly ArmStatistics[]): ArmStatistics[] {
  const byDraft = new Map<string, ArmStatistics>()
  for (const next of arms) {
    const draft = JSON.stringify([next.arm, next.draftVersion])
    const known = byDraft.get(draft)
    byDraft.set(draft, known ? addTwo(known, next) : next)
  }
  return [...byDraft.values()]
}

function addTwo(left: ArmStatistics, right: ArmStatistics): ArmStatistics {
  return {
    arm: left.arm,
    draftVersion: left.draftVersion,
    steps: left.steps + right.steps,
    committedTokens: left.committedTokens + right.committedTokens,
    proposed: addLists([left.proposed, right.proposed]),
    accepted: addLists([left.accepted, right.accepted]),
  }
}

function addLists(lists: readonly (readonly number[])[]): number[] {
  const length = Math.max(0, ...lists.map((list) => list.length))
  return Array.from({ length }, (_, at) => sum(lists.map((list) => list[at] ?? 0)))
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
