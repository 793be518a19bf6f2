/** How much is played. */
export interface Settings {
  /** Rounds that are measured once all drafts are taught. */
  readonly rounds: number
  /** Measured prompts of each tenant in a round. */
  readonly prompts: number
  /** Stored completion tokens of a tenant's traffic that its draft is taught with. */
  readonly tokens: number
  /** Longest answer. */
  readonly answerTokens: number
}
