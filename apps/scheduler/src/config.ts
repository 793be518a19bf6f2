import { DEFAULT_RULES, type Rules } from '@foretoken/policy'
import { LOG_LEVELS } from '@foretoken/telemetry'
import { z } from 'zod'

const DAY_MS = 24 * 3_600_000

const schema = z.object({
  FORETOKEN_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  /** Where jobs are queued; absent: in the database. */
  FORETOKEN_QUEUE_URL: z.url({ protocol: /^(postgres(ql)?|rediss?)$/ }).optional(),
  /** Where traces are: file:///… or s3://… */
  FORETOKEN_OBJECT_STORE: z.url({ protocol: /^(file|s3)$/ }),
  /** So many new tokens of a tenant start a run, worth it or not, and nothing else does; absent: what a run is worth. */
  FORETOKEN_TRAIN_AFTER_TOKENS: z.coerce.number().int().positive().optional(),
  /** A run learns from so many of the newest. */
  FORETOKEN_TRAIN_TOKENS_MAX: z.coerce.number().int().positive().default(DEFAULT_RULES.training.tokensMax),
  /** Minutes of one core that training may take in a day. */
  FORETOKEN_TRAIN_MINUTES_A_DAY: z.coerce
    .number()
    .positive()
    .default(DEFAULT_RULES.training.budgetMs / 60_000),
  /** Time between two rounds of decisions. */
  FORETOKEN_ROUND_MS: z.coerce.number().int().min(100).default(10_000),
  /** Days after its end when a billing period is closed; absent: by hand, see `foretoken billing close`. */
  FORETOKEN_BILLING_CLOSE_DAYS: z.coerce.number().int().min(0).max(365).optional(),
  FORETOKEN_LOG_LEVEL: z.enum(LOG_LEVELS).default('info'),
})

export type SchedulerConfig = ReturnType<typeof readConfig>

/** Reads the scheduler's environment; an error names every variable that is wrong. */
export function readConfig(env: NodeJS.ProcessEnv) {
  const parsed = schema.safeParse(env)
  if (!parsed.success) throw new Error(`The scheduler's configuration is wrong.\n${z.prettifyError(parsed.error)}`)
  const { data } = parsed
  const roundMs = data.FORETOKEN_ROUND_MS
  const rules: Rules = {
    ...DEFAULT_RULES,
    training: {
      ...DEFAULT_RULES.training,
      roundMs,
      agedRounds: Math.ceil((7 * DAY_MS) / roundMs),
      tokensMax: data.FORETOKEN_TRAIN_TOKENS_MAX,
      budgetMs: data.FORETOKEN_TRAIN_MINUTES_A_DAY * 60_000,
    },
  }
  return {
    databaseUrl: data.FORETOKEN_DATABASE_URL,
    queueUrl: data.FORETOKEN_QUEUE_URL ?? data.FORETOKEN_DATABASE_URL,
    objectStore: data.FORETOKEN_OBJECT_STORE,
    rules:
      data.FORETOKEN_TRAIN_AFTER_TOKENS === undefined ? rules : rulesByCount(rules, data.FORETOKEN_TRAIN_AFTER_TOKENS),
    closeRules: { closeAfterDays: data.FORETOKEN_BILLING_CLOSE_DAYS ?? null },
    roundMs,
    logLevel: data.FORETOKEN_LOG_LEVEL,
  }
}

/** Whoever has so many new tokens is trained at once, whatever that is worth. */
export function rulesByCount(rules: Rules, tokens: number): Rules {
  const { training } = rules
  return {
    ...rules,
    training: {
      ...training,
      enoughTokens: tokens,
      tokensMin: Math.min(tokens, training.tokensMin),
      requestsMin: 0,
      agedRounds: 0,
      agedShare: 1,
      price: Number.POSITIVE_INFINITY,
      budgetMs: Number.MAX_SAFE_INTEGER,
    },
  }
}
