/** All that an operator can set. A round with other rules on the same state is a what-if. */
export interface Rules {
  /** How much a plan's saved milliseconds count beside others'. */
  readonly plans: Readonly<Record<string, number>>
  readonly training: TrainingRules
  readonly promotion: PromotionRules
  readonly drift: DriftRules
  readonly memory: MemoryRules
}

export interface TrainingRules {
  /** Compute for training in each period; it becomes available evenly, not at once. */
  readonly budgetMs: number
  readonly periodMs: number
  /** Time between two rounds. */
  readonly roundMs: number
  /** Tokens below which a run learns nothing, and above which it reads no more. */
  readonly tokensMin: number
  readonly tokensMax: number
  /** Requests below which too few can be held out to judge by. */
  readonly requestsMin: number
  readonly costMsFixed: number
  readonly costMsPerToken: number
  /** How long a draft's gain is counted for. */
  readonly horizonDays: number
  /** Target milliseconds that one of training must save at least. */
  readonly price: number
  /** Outcomes count half after so long: traffic changes, noticed or not. */
  readonly evidenceHalfLifeDays: number
  /** With so many new tokens a tenant is due: after `agedRounds` it is trained, worth it or not. */
  readonly enoughTokens: number
  readonly agedRounds: number
  /** Part of each period's budget that belongs to aged tenants before others. */
  readonly agedShare: number
}

export interface PromotionRules {
  /** Requests that each stage judges at least. */
  readonly shadowRequests: number
  readonly canaryRequests: number
  /** Steps that a canary may draft for: the most that a bad one can spoil. */
  readonly canaryShare: number
  /** Gain that the lower bound must show, as a share. */
  readonly gainMin: number
  /** A stage without a verdict ends after so many times the requests it needs, or after so long. */
  readonly patience: number
  readonly trialMsMax: number
  /** A live draft that loses so soon goes back to the version before it. */
  readonly rollbackWindowMs: number
}

export interface DriftRules {
  /** A fall by this share of the slow average is no drift. */
  readonly allowance: number
  /** Standard deviation of committed tokens per step. */
  readonly deviationTokens: number
  /** Of the sum, in standard deviations. */
  readonly threshold: number
  /** Steps before an average says anything. */
  readonly stepsMin: number
  readonly fastHalfLifeSteps: number
  readonly slowHalfLifeSteps: number
}

export interface MemoryRules {
  readonly hotBytesMax: number
  readonly diskBytesMax: number
  readonly storeBytesMax: number
  /** Part of its gain that a returning tenant has at once from the cheap parts. */
  readonly cheapShare: number
  /** What keeping a GiB for a day costs, in target milliseconds. */
  readonly storeMsPerGiBDay: number
  /** What is hot already counts so much more than a newcomer, so that equals do not take turns. */
  readonly stayBonus: number
}

const SECOND = 1_000
const DAY = 24 * 3_600 * SECOND
const GIB = 2 ** 30

export const DEFAULT_RULES: Rules = {
  plans: { free: 0.5, standard: 1, priority: 2 },
  training: {
    budgetMs: 3_600 * SECOND,
    periodMs: DAY,
    roundMs: 60 * SECOND,
    tokensMin: 1_000,
    tokensMax: 20_000,
    requestsMin: 27,
    costMsFixed: SECOND,
    costMsPerToken: 0.7,
    horizonDays: 14,
    price: 1,
    evidenceHalfLifeDays: 14,
    enoughTokens: 4_000,
    agedRounds: 10_080,
    agedShare: 0.1,
  },
  promotion: {
    shadowRequests: 16,
    canaryRequests: 32,
    canaryShare: 0.25,
    gainMin: 0,
    patience: 4,
    trialMsMax: 14 * DAY,
    rollbackWindowMs: 2 * DAY,
  },
  drift: {
    allowance: 0.05,
    deviationTokens: 1.5,
    threshold: 80,
    stepsMin: 200,
    fastHalfLifeSteps: 500,
    slowHalfLifeSteps: 8_000,
  },
  memory: {
    hotBytesMax: GIB,
    diskBytesMax: 16 * GIB,
    storeBytesMax: 1_024 * GIB,
    cheapShare: 0.2,
    storeMsPerGiBDay: 1_000,
    stayBonus: 0.1,
  },
}
