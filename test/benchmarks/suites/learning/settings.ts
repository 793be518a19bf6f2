import type { BenchTarget } from '../../bench-target.ts'

/** How much is played, and where the budget of a run goes. */
export interface Settings {
  /** Workloads that are played as tenants: the first so many, or all. */
  readonly tenants: number | 'all'
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
  /** Questions of no tenant's, of a kind that the static draft was trained on, by which it is measured alone. */
  readonly openQuestions: number
  /**
   * Beside tenants' lives: curve, shift, fine-tuning, a static draft of all domains, adversaries, serving while a tenant
   * is trained, and the controller against other policies. They take a target that answers in milliseconds.
   */
  readonly extras: boolean
}

/** What a tenant of the demo is taught from, and a full run in about half an hour. */
const FULL: Settings = {
  tenants: 'all',
  tokens: 10_000,
  measured: 32,
  warmUp: 8,
  heldOut: 48,
  curve: [1_000, 5_000],
  shift: [2_000, 5_000],
  fineTune: 'unseen',
  adversarial: 28,
  openQuestions: 0,
  extras: true,
}

/** Tenants' lives alone. */
const QUICK: Settings = {
  tenants: 'all',
  tokens: 4_000,
  measured: 12,
  warmUp: 4,
  heldOut: 24,
  curve: [],
  shift: [],
  fineTune: 'unseen',
  adversarial: 0,
  openQuestions: 0,
  extras: false,
}

/** Of targets ten times as dear as the reference. */
const LARGE: Pick<Settings, 'curve' | 'shift' | 'fineTune' | 'adversarial' | 'extras'> = {
  curve: [],
  shift: [],
  fineTune: 'unseen',
  adversarial: 0,
  extras: false,
}

const LARGE_FULL: Settings = {
  ...LARGE,
  tenants: 'all',
  tokens: 8_000,
  measured: 12,
  warmUp: 3,
  heldOut: 24,
  openQuestions: 32,
}

const LARGE_QUICK: Settings = {
  ...LARGE,
  tenants: 2,
  tokens: 2_000,
  measured: 3,
  warmUp: 1,
  heldOut: 8,
  openQuestions: 4,
}

/** @param lives tenants' lives alone, whatever the target */
export function settingsFor(
  { isReference }: Pick<BenchTarget, 'isReference'>,
  quick: boolean,
  lives = false,
): Settings {
  if (isReference) return quick ? QUICK : { ...FULL, ...(lives && { curve: [], extras: false }) }
  return quick ? LARGE_QUICK : LARGE_FULL
}

/** Draft tokens per verification step wherever acceptance is compared: as in the static draft's card. */
export const CHAIN = 8

/** What the shipped static draft was trained on; other domains are tenants it never saw. */
export const STATIC_DOMAINS: readonly string[] = ['bash', 'dialog', 'math']
/** The domains of the tenant that changes: the first becomes the second. */
export const SHIFT = ['sql', 'toolcall'] as const
