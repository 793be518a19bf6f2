import type { CostPoint, DraftArtifact, DraftContents, DraftPrecision } from '@foretoken/drafting'
import type { TokenTables, WeightFormat } from '@foretoken/model'
import type { ObjectStore } from '@foretoken/storage'
import type { DraftPrompt } from '../static-draft/prompts.ts'
import type { DraftCard } from '../static-draft/train.ts'
import type { ShapeChoice } from './shapes.ts'
import type { CandidateJudgement } from './state.ts'

export interface BringUpOptions {
  /** Folder of the target. */
  readonly model: string
  /** Its `targetFingerprint`. */
  readonly target: string
  readonly tables: TokenTables
  readonly prompts: readonly DraftPrompt[]
  readonly completionTokensMax: number
  readonly sampledShare: number
  readonly shapes: readonly ShapeChoice[]
  /** Precisions of the target's weights that costs are measured in; the first one decides. */
  readonly weights: readonly [WeightFormat, ...WeightFormat[]]
  readonly budgetMs: number
  readonly batch: number
  readonly learningRate: number
  readonly seed: number
  readonly threads: number
  /** The draft that serves the target now, for comparison; null where there is none. */
  readonly incumbent: DraftArtifact | null
  /** Answers, checkpoints and how far it came. */
  readonly store: ObjectStore
  readonly signal: AbortSignal
  readonly clock: () => number
  readonly onProgress: (progress: BringUpProgress) => void
}

export interface BringUpProgress {
  readonly phase: 'measure' | 'generate' | 'train' | 'judge' | 'evaluate'
  /** What is measured, trained or judged. */
  readonly what?: string
  readonly done: number
  readonly total: number
  /** Whether it may end before all are done, since time is up. */
  readonly open?: boolean
  readonly tokens?: number
  readonly loss?: number
}

/** A draft on requests that chose nothing. */
export interface VerdictFigures {
  /** Expected tokens per millisecond, with this lookahead. */
  readonly goodput: number
  readonly lookahead: number
  /** Chains of CHAIN tokens. */
  readonly acceptanceLength: number
  /** Goodput ÷ that of plain decoding, by precision of the target's weights. */
  readonly speedUps: Partial<Record<WeightFormat, number>>
}

export interface Interval {
  /** Goodput ÷ the other's. */
  readonly gain: number
  readonly lower: number
  readonly upper: number
}

/** All that was found, as values: what a card and `--json` tell. */
export interface BringUpReport {
  readonly costs: Partial<Record<WeightFormat, readonly CostPoint[]>>
  readonly requests: { readonly training: number; readonly selection: number; readonly verdict: number }
  readonly steps: number
  readonly minutes: number
  readonly shapes: readonly ShapeFigures[]
  readonly winner: string
  readonly runnerUp: string | null
  readonly precision: DraftPrecision
  /** By shape and precision, of those that were trained to the end, and `incumbent`. */
  readonly verdicts: Readonly<Record<string, VerdictFigures>>
  /** Of the winner over the runner-up, and over the draft that serves now; null where there is none. */
  readonly overRunnerUp: Interval | null
  readonly overIncumbent: Interval | null
}

export interface ShapeFigures {
  readonly name: string
  readonly parameters: number
  /** Of a chain of CHAIN tokens, in 8 bits and in fp32. */
  readonly chainMs: Readonly<Record<DraftPrecision, number>>
  readonly trainingMsPerStep: number
  /** When it was judged last, on requests that select; null where it never was. */
  readonly judged: CandidateJudgement | null
}

export interface BroughtUp {
  readonly contents: DraftContents
  readonly card: DraftCard
  readonly report: BringUpReport
}
