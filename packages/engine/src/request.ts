import type { Arm } from '@foretoken/drafting'
import type { Constraint } from './constraint/index.ts'
import type { TrialSummary } from './trial.ts'

/** How tokens are drawn from the target's distribution. Defaults are OpenAI's. */
export interface SamplingParameters {
  /** 0 is greedy. */
  readonly temperature: number
  /** Keep the k most likely tokens; 0 keeps all. */
  readonly topK: number
  /** Keep the smallest set of tokens whose probability reaches p. */
  readonly topP: number
  /** Drop tokens below this share of the most likely token's probability. */
  readonly minP: number
  readonly presencePenalty: number
  readonly frequencyPenalty: number
  /** Divides positive logits and multiplies negative ones of tokens seen in prompt or completion; 1 is off. */
  readonly repetitionPenalty: number
  /** Added to the logits of token ids. */
  readonly logitBias: ReadonlyMap<number, number>
  /** Unsigned 64-bit; with the choice index and the position it determines every draw. */
  readonly seed: bigint
}

/** The target's own distribution: nothing filtered, nothing penalised. */
export function plainSampling(temperature: number, seed: bigint): SamplingParameters {
  return {
    temperature,
    topK: 0,
    topP: 1,
    minP: 0,
    presencePenalty: 0,
    frequencyPenalty: 0,
    repetitionPenalty: 1,
    logitBias: new Map(),
    seed,
  }
}

export interface SpeculationParameters {
  /** `auto` lets the controller pick at each step. */
  readonly arm: Arm | 'auto'
  /** Forces the number of drafted tokens per step; absent: the controller's choice. */
  readonly lookahead?: number
}

export interface GenerationRequest {
  readonly id: string
  readonly tenant: string
  /** The tenant's share of the engine against others', as its plan has it; absent: 1. */
  readonly weight?: number
  readonly prompt: readonly number[]
  /** Number of choices, each a sequence of its own over the same prompt. */
  readonly choices: number
  readonly completionTokensMax: number
  readonly sampling: SamplingParameters
  readonly stopStrings: readonly string[]
  /** What the text may be; absent: anything. A choice ends where nothing can follow. */
  readonly constraint?: Constraint
  /** Number of alternatives to report per token (0 to 20); absent: no logprobs. */
  readonly topLogprobs?: number
  readonly speculation: SpeculationParameters
  /**
   * The tenant lets drafts learn from this request: a trace of each finished choice goes to the engine's sink, and the
   * suffix index keeps its text. Without, nothing of it outlives the request but counts, and what the prefix cache
   * serves the same tenant's next requests from.
   */
  readonly learn: boolean
  /**
   * Completion tokens by choice that its reader has already, from an engine that was lost: they are taken as said, and
   * the stream begins behind them. Nothing of such a request is left to learn from.
   */
  readonly resumed?: readonly (readonly number[])[]
}

export interface TokenLogprob {
  readonly id: number
  /** Natural logarithm of the target's raw probability, before constraint, temperature and penalties. */
  readonly logprob: number
  readonly top: readonly { readonly id: number; readonly logprob: number }[]
}

export type FinishReason = 'stop' | 'length'

export type GenerationEvent =
  | {
      readonly type: 'text'
      readonly choice: number
      readonly text: string
      readonly tokens: readonly number[]
      /** As in the usage at the end, for those who don't get to see it. */
      readonly cachedTokens: number
      readonly logprobs?: readonly TokenLogprob[]
    }
  | { readonly type: 'finish'; readonly choice: number; readonly reason: FinishReason }
  | {
      readonly type: 'end'
      readonly usage: Usage
      readonly speculation: SpeculationSummary
      /** Of candidates that drafted for it at some steps; usually none. */
      readonly trials: readonly TrialSummary[]
    }

export interface Usage {
  readonly promptTokens: number
  /** Part of promptTokens: what the prefix cache had. Further choices over the same prompt count nothing. */
  readonly cachedTokens: number
  readonly completionTokens: number
}

/** What verification did for one request; names follow vLLM's `metrics.speculative_decoding`. */
export interface SpeculationSummary {
  readonly steps: number
  readonly draftTokens: number
  readonly acceptedTokens: number
  /** histogram[j]: verification steps that accepted exactly j draft tokens. */
  readonly acceptanceHistogram: readonly number[]
  readonly lookaheadMax: number
  /** Steps by arm; where two arms were verified side by side, of the one that went further. */
  readonly armSteps: Readonly<Partial<Record<Arm, number>>>
  readonly arms: readonly ArmStatistics[]
}

/** Acceptance by arm and position, as Postgres keeps it per time bucket. */
export interface ArmStatistics {
  readonly arm: Arm
  readonly draftVersion: string | null
  readonly steps: number
  readonly committedTokens: number
  /** proposed[i], accepted[i]: draft tokens at position i that were verified and accepted, also beside another arm. */
  readonly proposed: readonly number[]
  readonly accepted: readonly number[]
}
