/** A way to propose tokens. `auto` is not an arm: it asks the controller to pick one at each step. */
export const ARMS = ['none', 'suffix', 'static', 'adaptive'] as const
export type Arm = (typeof ARMS)[number]

/** A chain of draft tokens with what the speculator believes of it. */
export interface Proposal {
  readonly tokens: readonly number[]
  /** survival[i]: calibrated probability that the target commits tokens[0..i]; never increasing. */
  readonly survival: readonly number[]
}

/** Where one sequence stands with one speculator. Opaque to the engine. */
export interface DraftSession {
  /**
   * The target committed these tokens, whichever arm had proposed them. They also judge what this arm proposed for
   * their places, verified or not, so that it can calibrate itself.
   */
  commit(tokens: readonly number[]): void
  /** The sequence ended; `keep` says whether the tenant's index may learn from it. */
  close(keep: boolean): void
}

/**
 * Proposes for a batch of sequences at once: a neural draft runs all of them in one call, whatever tenants they
 * belong to. A speculator may return fewer tokens than asked, or none.
 */
export interface Speculator {
  readonly arm: Arm
  open(tenant: string, prompt: readonly number[]): DraftSession
  propose(requests: readonly { session: DraftSession; lookaheadMax: number }[]): Promise<Proposal[]>
}
