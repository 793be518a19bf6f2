export interface Message {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: string
}

/** One kind of traffic, or one tenant's. */
export interface Workload {
  /** Letters and dashes. */
  readonly name: string
  readonly describe: string
  /**
   * Chats that end with the user's turn, the same for the same seed, and never one twice: a draft must show what it
   * learned on prompts that nobody sent before.
   *
   * @throws when nearly everything has been said, which takes more than a thousand prompts.
   */
  prompts(seed: number): Generator<readonly Message[], never>
}
