/** How much is played, and where the budget of a run goes. */
export interface Settings {
  /** Completion tokens of a tenant's traffic that its adapter learns from. */
  readonly tokens: number
  /** Held-out requests that all arms serve, and how many are served before them to warm the arms up. */
  readonly measured: number
  readonly warmUp: number
  /** Held-out requests that are replayed: cheap, so more of them. The measured and the warming ones are among them. */
  readonly heldOut: number
  /** Tokens of traffic after which the learning curve has a point; `tokens` is its last. */
  readonly curve: readonly number[]
  /** New tokens after which a tenant that changed its domain is retrained. */
  readonly shift: readonly number[]
  /** Tenants for which the whole draft is fine-tuned as well: all, or only those that the static draft never saw. */
  readonly fineTune: 'all' | 'unseen'
  /** Requests of each adversary. */
  readonly adversarial: number
}

export const FULL: Settings = {
  tokens: 20_000,
  measured: 64,
  warmUp: 16,
  heldOut: 100,
  curve: [1_000, 5_000, 10_000],
  shift: [2_000, 10_000],
  fineTune: 'unseen',
  adversarial: 42,
}

export const QUICK: Settings = {
  tokens: 4_000,
  measured: 16,
  warmUp: 4,
  heldOut: 48,
  curve: [1_000],
  shift: [2_000],
  fineTune: 'unseen',
  adversarial: 14,
}

export const COMPLETION_TOKENS_MAX = 160
/** Draft tokens per verification step wherever acceptance is compared: as in the static draft's card. */
export const CHAIN = 8

/** What the shipped static draft was trained on; other domains are tenants it never saw. */
export const STATIC_DOMAINS: readonly string[] = ['bash', 'dialog', 'math']
/** The domains of the tenant that changes: the first becomes the second. */
export const SHIFT = ['sql', 'toolcall'] as const
