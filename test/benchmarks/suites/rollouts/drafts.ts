import {
  type AdapterValues,
  adapterParameters,
  CostTable,
  type DraftArtifact,
  decodeParameters,
  encodeParameters,
  RecurrentDraft,
  RecurrentSpeculator,
} from '@foretoken/drafting'
import { draftSampling, measureDrafts, measureTarget, NoiseRows, type Trace } from '@foretoken/engine'
import {
  acceptanceLength,
  bestLookahead,
  fitAdapter,
  type ReplayedTrace,
  replayDraft,
  type StepCosts,
} from '@foretoken/learning/training'
import { loadModel, type TokenTables } from '@foretoken/model'
import { splitOf } from '../learning/adapters.ts'
import type { Parts } from '../learning/parts.ts'
import { CHAIN } from '../learning/settings.ts'
import { seedOf } from './collect.ts'

export interface Figures {
  /** Committed tokens per step, chains of CHAIN. */
  readonly acceptanceLength: number
  /** Tokens per second by the cost table, one sequence, with the best chain of 1 to CHAIN tokens. */
  readonly tokensPerSecond: number
  readonly lookahead: number
}

export interface Drafts {
  readonly artifact: DraftArtifact
  readonly tables: TokenTables
  readonly draft: RecurrentDraft
  readonly costs: Readonly<Record<'static' | 'adaptive', StepCosts>>
}

/** What adapters learn in an update. */
export interface Lesson {
  readonly key: string
  readonly traces: readonly Trace[]
  readonly steps: number
  /** Absent: from the static draft. */
  readonly parent?: AdapterValues
}

export interface Learned {
  readonly values: AdapterValues
  readonly seconds: number
  readonly steps: number
}

/** Fits an adapter as a tenant's run does, or reads what an earlier run of the benchmark fitted. */
export async function learned(
  { artifact, tables }: Drafts,
  { key, traces, steps, parent }: Lesson,
  parts: Parts,
): Promise<Learned> {
  const table = adapterParameters(artifact.shape)
  const stored = await parts.json(`adapters/${key}`, async () => {
    const started = performance.now()
    const options = { threads: THREADS, signal: new AbortController().signal, onProgress: () => {}, steps }
    const fitted = await fitAdapter(artifact, tables, splitOf(traces), { ...options, start: parent })
    const bytes = encodeParameters(table, fitted.adapter.values, fitted.adapter.hotTokens)
    const seconds = (performance.now() - started) / 1_000
    return { seconds, steps: fitted.steps, weights: Buffer.from(bytes).toString('base64') }
  })
  const { values, tokens } = decodeParameters(new Uint8Array(Buffer.from(stored.weights, 'base64')), table)
  return { values: { values, hotTokens: tokens }, seconds: stored.seconds, steps: stored.steps }
}

/** How a draft does on rollouts, drafting with the very noise that they were sampled with. */
export async function figuresOf(
  { draft, tables, costs }: Drafts,
  traces: readonly Trace[],
  values: AdapterValues | undefined,
): Promise<Figures> {
  const rows = new NoiseRows(tables.vocabularySize)
  const adapter = values && (await draft.prepareAdapter('adp_rollouts', values))
  const replayed = await replayDraft(draft, traces, {
    depth: CHAIN,
    samplingOf: (trace) => draftSampling(trace.temperature, seedOf(trace), 0, rows),
    signal: new AbortController().signal,
    ...(adapter && { adapter }),
  })
  return summary(replayed, costs[adapter ? 'adaptive' : 'static'])
}

function summary(replayed: readonly ReplayedTrace[], costs: StepCosts): Figures {
  const { goodput, lookahead } = bestLookahead(replayed, CHAIN, costs)
  return { acceptanceLength: acceptanceLength(replayed, CHAIN), tokensPerSecond: 1_000 * goodput, lookahead }
}

/** The draft, with what it and the target take here for one sequence; updates change weights, not times. */
export async function openDrafts(
  folder: string,
  artifact: DraftArtifact,
  tables: TokenTables,
  parts: Parts,
): Promise<Drafts> {
  const draft = await RecurrentDraft.open(artifact, tables, { threads: THREADS })
  const measured = await parts.json('costs', async () => {
    const { target } = await loadModel(folder)
    const [drafts] = await measureDrafts([new RecurrentSpeculator(draft)], { sequencesMax: 1 })
    return {
      drafts: drafts ?? {},
      target: await measureTarget(target, { sequencesMax: 1 }).finally(() => target.close()),
    }
  })
  const table = new CostTable(measured.target, [measured.drafts])
  const of = (arm: 'static' | 'adaptive'): StepCosts => ({
    targetMs: (rows) => table.targetMs(1, rows),
    draftMs: (lookahead) => table.draftMs(arm, 1, lookahead),
  })
  return { artifact, tables, draft, costs: { static: of('static'), adaptive: of('adaptive') } }
}

const THREADS = 2
