import type { FreeOpinion } from './free-opinion.ts'

/**
 * A way to propose tokens. `auto` is not an arm: it asks the controller to pick one at each step. `grammar` is what a
 * request's constraint leaves no choice about.
 */
export const ARMS = ['none', 'suffix', 'static', 'adaptive', 'grammar'] as const
export type Arm = (typeof ARMS)[number]
/** The arms that propose something. */
export type DraftArm = Exclude<Arm, 'none'>

/** What an arm may know of a sequence when it starts. */
export interface DraftContext {
  readonly tenant: string
  readonly prompt: readonly number[]
  /** Names the sequence: what is drawn by lot for it is drawn alike wherever it is served. */
  readonly name?: string
  /** Absent when greedy. */
  readonly sampling?: DraftSampling
}

/**
 * The noise that the target's tokens will be drawn with, so that a draft that draws argmax(log q / T + G) meets them
 * nearly as often as the optimal coupling of both distributions would (design 3.3).
 */
export interface DraftSampling {
  readonly temperature: number
  /** What the noise is a function of, beside position and token, for who computes it anew: unsigned, 64 bits. */
  readonly seed: bigint
  readonly choice: number
  /**
   * Gumbel noise of a token at a position of the sequence (prompt included, from 0): the sampler's own random bits,
   * the logarithms from a table. A position's noise is cached while it is asked for in turn, so ask for one position
   * after the other.
   */
  gumbel(position: number, token: number): number
}

/** What the target just said about a sequence. */
export interface Committed {
  readonly tokens: readonly number[]
  /** Per token, [d]: the final hidden state that predicted it. Only valid during the call. */
  readonly hidden: readonly Float32Array[]
}

/** A step of a sequence whose tenant tries a candidate beside what serves it. */
export interface TrialStep {
  readonly candidate: string
  /** The version that drafts at the other steps; null: the draft that all tenants share. */
  readonly rival: string | null
  readonly drafter: 'candidate' | 'rival'
}

/** What an arm could do before it has drafted. */
export interface Forecast {
  readonly arm: DraftArm
  /** survival[i]: chance that the target would commit its first i + 1 tokens, from past outcomes; never increasing. */
  readonly survival: readonly number[]
}

/** A chain of draft tokens with what the speculator believes of it. */
export interface Proposal {
  readonly tokens: readonly number[]
  /** survival[i]: calibrated probability that the target commits tokens[0..i]; never increasing. */
  readonly survival: readonly number[]
  /** What drafted it, for statistics: of static and adaptive drafts their version. */
  readonly version: string | null
  /** What else might stand in some of its places, or behind it. */
  readonly alternatives?: readonly Alternative[]
}

/** Tokens that leave a chain for others, or go on where it ends. */
export interface Alternative {
  /** How many of the chain's tokens they follow. */
  readonly after: number
  readonly tokens: readonly number[]
  /** survival[i]: calibrated probability that the target commits what they follow, and then tokens[0..i]. */
  readonly survival: readonly number[]
}

/** Where one sequence stands with one speculator. Opaque to the engine. */
export interface DraftSession {
  /**
   * Arms that could draft now at a price, each with what it would be worth, however little: an arm that is not listed
   * is not ready and is not asked. Empty for eager speculators, which have no price.
   * @param opinion of the arm that costs nothing; absent where it was not asked
   */
  forecasts(lookaheadMax: number, opinion?: FreeOpinion): readonly Forecast[]
  /**
   * Whether the step that is about to be taken is part of a trial, and whose turn it is; the same until it is
   * committed.
   */
  trial?(): TrialStep | undefined
  /**
   * What would follow if the target committed these tokens, which another arm drafted. Of eager speculators alone.
   * @returns survival given that it does
   */
  continued?(tokens: readonly number[], lookaheadMax: number): Pick<Proposal, 'tokens' | 'survival'>
  /**
   * The prompt is cached. `hidden` [d] is the final hidden state of the row before the last prompt token (that token
   * leads the first step), so that a neural arm can draft at the first step. Not called for a prompt of one token.
   * Only valid during the call.
   */
  prefilled(hidden: Float32Array): void
  /**
   * The target committed these tokens, whichever arm had proposed them. They also judge what this arm proposed for
   * their places, verified or not, so that it can calibrate itself.
   */
  commit(committed: Committed): void
  /** The sequence ended; `keep` says whether the tenant's index may learn from it. */
  close(keep: boolean): void
}

export interface DraftRequest {
  readonly session: DraftSession
  readonly arm: DraftArm
  readonly lookaheadMax: number
  /** Of no use are tokens that are less likely to be committed than this; the first one judges the arm all the same. */
  readonly survivalMin?: number
}

/**
 * Proposes for a batch of sequences at once: a neural draft runs all of them in one call, whatever arms of it and
 * tenants they belong to. A speculator may return fewer tokens than asked, or none. One sequence may be asked for twice
 * in a call, with two arms.
 */
export interface Speculator {
  /** What it can be asked for; all of them draft in the same call. */
  readonly arms: readonly DraftArm[]
  /** True: proposing is nearly free, so the engine asks before it plans. False: planned by forecast first. */
  readonly eager: boolean
  open(context: DraftContext): DraftSession
  propose(requests: readonly DraftRequest[]): Promise<Proposal[]>
  /** A call of this size on made-up sequences, to be timed at boot; absent where a call costs nothing worth timing. */
  probe?(arm: DraftArm, batch: number, lookahead: number): Promise<void>
  /** Deletes all that was learned from a tenant, also under its live sessions. */
  forget(tenant: string): void
}
