import type { Completion } from './completion.ts'
import type { Sample } from './sample.ts'
import { WAYS, type Way } from './ways.ts'

/** What one way made of some prompts. Rates are totals over totals, so that long answers weigh more. */
export interface Figures {
  readonly requests: number
  /** Tokens per verification step. */
  readonly acceptanceLength: number
  readonly tokensPerSecond: number
  /** Times the speed of plain decoding on the very same prompts; null where they were not all decoded plainly. */
  readonly speedUp: number | null
}

export interface WayHistory {
  readonly way: Way
  /** By round; null where the tenant did not have this way yet. */
  readonly rounds: readonly (Figures | null)[]
  readonly total: Figures | null
}

/**
 * One tenant's history, or that of all together, way by way.
 *
 * @param from the first round that counts for the totals.
 */
export function historyOf(samples: readonly Sample[], tenant: string | null, from: number): WayHistory[] {
  const own = samples.filter((sample) => tenant === null || sample.tenant === tenant)
  const rounds = Math.max(0, ...own.map(({ round }) => round + 1))
  return WAYS.map((way) => ({
    way,
    rounds: Array.from({ length: rounds }, (_, round) =>
      figuresOf(
        own.filter((sample) => sample.round === round),
        way,
      ),
    ),
    total: figuresOf(
      own.filter((sample) => sample.round >= from),
      way,
    ),
  }))
}

/** Prompts whose answer was not the same in every way; there must be none. */
export function differing(samples: readonly Sample[]): Sample[] {
  const first = new Map<string, Sample>()
  return samples.filter((sample) => {
    const known = first.get(keyOf(sample))
    if (known === undefined) first.set(keyOf(sample), sample)
    return known !== undefined && known.completion.text !== sample.completion.text
  })
}

function figuresOf(samples: readonly Sample[], way: Way): Figures | null {
  const own = samples.filter((sample) => sample.way === way)
  if (own.length === 0) return null
  const plainMs = new Map(
    samples.flatMap((sample) => (sample.way === 'none' ? [[keyOf(sample), sample.completion.ms]] : [])),
  )
  const baselines = own.flatMap((sample) => plainMs.get(keyOf(sample)) ?? [])
  const completions = own.map(({ completion }) => completion)
  const ms = sum(completions.map((each) => each.ms))
  return {
    requests: own.length,
    acceptanceLength: acceptanceLength(completions),
    tokensPerSecond: (1_000 * sum(completions.map((each) => each.completionTokens))) / ms,
    speedUp: baselines.length === own.length ? sum(baselines) / ms : null,
  }
}

const keyOf = ({ tenant, round, prompt }: Sample) => JSON.stringify([tenant, round, prompt])
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

function acceptanceLength(completions: readonly Completion[]): number {
  const steps = sum(completions.map((each) => each.speculation.num_spec_steps))
  const accepted = sum(completions.map((each) => each.speculation.num_accepted_draft_tokens))
  return steps === 0 ? 1 : 1 + accepted / steps
}
