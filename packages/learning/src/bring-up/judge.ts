import { type DraftArtifact, type DraftPrecision, RecurrentDraft } from '@foretoken/drafting'
import { draftSampling, NoiseRows, type Trace } from '@foretoken/engine'
import type { TokenTables } from '@foretoken/model'
import { type PairedRequest, pairedGain } from '@foretoken/policy'
import { CHAIN } from '../static-draft/evaluate.ts'
import { seedOf } from '../static-draft/questions.ts'
import type { DomainTraces } from '../static-draft/split.ts'
import { seededRandom } from '../train/random.ts'
import { acceptanceLength, type ReplayedTrace } from '../train/replay.ts'
import { replayDraft } from '../train/replay-draft.ts'
import { expectedMs, type StepCosts } from './goodput.ts'
import type { Interval } from './types.ts'

export interface HeldOut {
  /** Decide which candidates go on, and how far they draft. */
  readonly selection: readonly Trace[]
  /** Decide nothing, so that figures on them are what they are. Empty where there are too few requests. */
  readonly verdict: readonly Trace[]
}

/**
 * Every other held-out request of a domain selects, as it corrects the confidence; the others judge. So many tokens of
 * each, the domains taking turns.
 */
export function heldOutOf(split: readonly DomainTraces[]): HeldOut {
  const half = (rest: number, tokensMax: number) => {
    const domains = split.map(({ held }) => held.filter((_, at) => at % 2 === rest))
    const longest = Math.max(0, ...domains.map(({ length }) => length))
    const turns = Array.from({ length: longest }, (_, at) => domains.flatMap((own) => own[at] ?? []))
    return upTo(turns.flat(), tokensMax)
  }
  return { selection: half(0, SELECTION_TOKENS_MAX), verdict: half(1, VERDICT_TOKENS_MAX) }
}

const SELECTION_TOKENS_MAX = 4_000
const VERDICT_TOKENS_MAX = 10_000

export interface ReplayOptions {
  readonly tables: TokenTables
  readonly threads: number
  readonly signal: AbortSignal
  readonly precision?: DraftPrecision
}

/** What the draft would have drafted at every place of these traces, chains of CHAIN tokens. */
export async function replayed(
  artifact: DraftArtifact,
  traces: readonly Trace[],
  { tables, threads, signal, precision }: ReplayOptions,
): Promise<ReplayedTrace[]> {
  const draft = await RecurrentDraft.open(artifact, tables, { threads, ...(precision && { weights: precision }) })
  const rows = new NoiseRows(tables.vocabularySize)
  const samplingOf = (trace: Trace) =>
    trace.temperature === 0 ? undefined : draftSampling(trace.temperature, BigInt(seedOf(trace)), 0, rows)
  try {
    return await replayDraft(draft, traces, { depth: CHAIN, samplingOf, signal })
  } finally {
    await draft.close()
  }
}

export const chainAcceptance = (all: readonly ReplayedTrace[]) => acceptanceLength(all, CHAIN)

/** A draft with the lookahead that was chosen for it. */
export interface Contender {
  readonly replayed: readonly ReplayedTrace[]
  readonly lookahead: number
  readonly costs: StepCosts
}

/**
 * How much faster the one is than the other on the same requests, by paired bootstrap over requests: 95 % sure that it
 * is above the lower end, and as sure that it is below the upper.
 */
export function gainInterval(one: Contender, other: Contender): Interval | null {
  const pairs = one.replayed.flatMap((own, at): PairedRequest[] => {
    const rival = other.replayed[at]
    if (!rival) return []
    const tokens = own.trace.tokens.length
    const candidate = { tokens, ms: expectedMs(own, one.lookahead, one.costs) }
    return [{ candidate, baseline: { tokens, ms: expectedMs(rival, other.lookahead, other.costs) } }]
  })
  if (pairs.length === 0) return null
  const reversed = pairs.map(({ candidate, baseline }) => ({ candidate: baseline, baseline: candidate }))
  const { gain, lower } = pairedGain(pairs, seededRandom(pairs.length))
  return { gain, lower, upper: 1 / pairedGain(reversed, seededRandom(pairs.length)).lower }
}

function upTo(traces: readonly Trace[], tokensMax: number): Trace[] {
  const kept: Trace[] = []
  let tokens = 0
  for (const trace of traces) {
    if (tokens >= tokensMax) break
    kept.push(trace)
    tokens += trace.tokens.length
  }
  return kept
}
