import { basename, resolve } from 'node:path'
import { LOG_LEVELS } from '@foretoken/telemetry'
import { z } from 'zod'

const schema = z.object({
  FORETOKEN_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  /** Where jobs are queued; absent: in the database. */
  FORETOKEN_QUEUE_URL: z.url({ protocol: /^(postgres(ql)?|rediss?)$/ }).optional(),
  /** Where traces are and adapters go: file:///… or s3://… */
  FORETOKEN_OBJECT_STORE: z.url({ protocol: /^(file|s3)$/ }),
  /** The Hugging Face folder that the workers serve. */
  FORETOKEN_MODEL: z.string().min(1),
  /** The name that tenants ask for, as the workers have it; the folder's own name when absent. */
  FORETOKEN_MODEL_ID: z.string().min(1).optional(),
  /** Folder of the static draft that was trained for it; without one no adapter can be trained. */
  FORETOKEN_STATIC_DRAFT: z.string().min(1).optional(),
  /** A run learns from so many of the newest. */
  FORETOKEN_TRAIN_TOKENS_MAX: z.coerce.number().int().positive().default(20_000),
  /**
   * `staged`: a draft that passed its run's gate is tried, as shadow and as canary, before it serves; `direct`: it
   * serves at once, as one that an operator ordered does in any case.
   */
  FORETOKEN_PROMOTION: z.enum(['staged', 'direct']).default('staged'),
  FORETOKEN_LOG_LEVEL: z.enum(LOG_LEVELS).default('info'),
})

export type TrainerConfig = ReturnType<typeof readConfig>

/** Reads the trainer's environment; an error names every variable that is wrong. */
export function readConfig(env: NodeJS.ProcessEnv) {
  const parsed = schema.safeParse(env)
  if (!parsed.success) throw new Error(`The trainer's configuration is wrong.\n${z.prettifyError(parsed.error)}`)
  const { data } = parsed
  return {
    databaseUrl: data.FORETOKEN_DATABASE_URL,
    queueUrl: data.FORETOKEN_QUEUE_URL ?? data.FORETOKEN_DATABASE_URL,
    objectStore: data.FORETOKEN_OBJECT_STORE,
    modelFolder: data.FORETOKEN_MODEL,
    modelName: data.FORETOKEN_MODEL_ID ?? basename(resolve(data.FORETOKEN_MODEL)),
    staticDraft: data.FORETOKEN_STATIC_DRAFT ?? null,
    tokensMax: data.FORETOKEN_TRAIN_TOKENS_MAX,
    promotion: data.FORETOKEN_PROMOTION,
    logLevel: data.FORETOKEN_LOG_LEVEL,
  }
}
