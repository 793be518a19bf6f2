import { readFileSync } from 'node:fs'
import { ALIVE_MS } from '@foretoken/protocol'
import { LOG_LEVELS } from '@foretoken/telemetry'
import { z } from 'zod'

/** The gateway's environment. Every name starts with FORETOKEN_. */
const environmentSchema = z
  .object({
    FORETOKEN_GATEWAY_HOST: z.string().min(1).default('127.0.0.1'),
    /** 0 takes any free port. */
    FORETOKEN_GATEWAY_PORT: z.coerce.number().int().min(0).max(65_535).default(8_080),
    FORETOKEN_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
    /** Base64 of at least 16 bytes; the same that the keys were made with. */
    FORETOKEN_KEY_PEPPER: z.base64().transform((text) => Buffer.from(text, 'base64')),
    /** Workers beside those of the register; separated by commas. */
    FORETOKEN_WORKER_URLS: z
      .string()
      .transform((text) => text.split(',').map((url) => url.trim()))
      .pipe(z.array(z.url({ protocol: /^https?$/ })).min(1))
      .optional(),
    FORETOKEN_CLUSTER_SECRET: z.string().min(16),
    /** Path of a PEM file: who signed the workers' certificates. */
    FORETOKEN_CLUSTER_CA: z.string().min(1).optional(),
    /** Paths of PEM files; with both, the gateway speaks HTTPS only. */
    FORETOKEN_TLS_CERT: z.string().min(1).optional(),
    FORETOKEN_TLS_KEY: z.string().min(1).optional(),
    /** When set, /metrics asks for it as a bearer token. */
    FORETOKEN_METRICS_TOKEN: z.string().min(16).optional(),
    /** Between "not ready" and the first refusal, so that a load balancer hears of it. */
    FORETOKEN_PROPAGATION_MS: z.coerce.number().int().min(0).max(60_000).default(0),
    FORETOKEN_LOG_LEVEL: z.enum(LOG_LEVELS).default('info'),
  })
  .refine((env) => env.FORETOKEN_KEY_PEPPER.length >= 16, {
    path: ['FORETOKEN_KEY_PEPPER'],
    message: 'expected at least 16 bytes',
  })
  .refine((env) => (env.FORETOKEN_TLS_CERT === undefined) === (env.FORETOKEN_TLS_KEY === undefined), {
    path: ['FORETOKEN_TLS_CERT'],
    message: 'certificate and key go together',
  })

export interface GatewayConfig {
  readonly host: string
  readonly port: number
  readonly workerUrls: readonly string[]
  readonly clusterSecret: string
  readonly clusterCa?: Buffer
  readonly tls: { readonly cert: Buffer; readonly key: Buffer } | null
  readonly metricsToken: string | null
  readonly limits: Limits
}

/** What bounds a request. Times in milliseconds. */
export interface Limits {
  readonly bodyBytesMax: number
  /** A positive answer about a key is trusted this long, should a change of it go unheard. */
  readonly keyCacheMs: number
  /** How long the database may take to answer about a key. */
  readonly databaseMsMax: number
  /** Wrong credentials of operators from one address in a minute, before it has to wait. */
  readonly adminAttemptsMax: number
  readonly workerPollMs: number
  /** A worker that sends nothing for longer is lost, or hangs. */
  readonly workerSilenceMsMax: number
  /** How long an answer whose worker was lost waits for another one to go on. */
  readonly resumeMsMax: number
  /** How often what open requests have used by now is written down. */
  readonly journalMs: number
  /** How long what a request was granted of its budget stays its own without a word from its gateway. */
  readonly reservationMs: number
  /** How long an Idempotency-Key means the same request, and its answer is kept. */
  readonly idempotencyKeptMs: number
  /** Larger answers are not kept: who asks again has them computed anew, to the same text. */
  readonly idempotencyBytesMax: number
  /** How long others may take to hear that this gateway is about to stop; requests are admitted meanwhile. */
  readonly propagationMs: number
  /** Silence after which a waiting stream gets a comment, so that proxies keep it open. */
  readonly keepAliveMs: number
  /** A client that reads nothing for longer is gone. */
  readonly stallMsMax: number
  /** How long running requests may go on after the gateway was told to stop. */
  readonly drainMsMax: number
}

export const DEFAULT_LIMITS: Limits = {
  bodyBytesMax: 4 * 1024 * 1024,
  keyCacheMs: 10_000,
  databaseMsMax: 3_000,
  adminAttemptsMax: 20,
  workerPollMs: 500,
  workerSilenceMsMax: 4 * ALIVE_MS,
  resumeMsMax: 30_000,
  journalMs: 500,
  reservationMs: 10_000,
  idempotencyKeptMs: 24 * 3_600_000,
  idempotencyBytesMax: 1024 * 1024,
  propagationMs: 0,
  keepAliveMs: 10_000,
  stallMsMax: 120_000,
  drainMsMax: 25_000,
}

/** Everything the process needs to start; one error names every variable that is wrong. */
export function readConfig(env: NodeJS.ProcessEnv) {
  const parsed = environmentSchema.safeParse(env)
  if (!parsed.success) {
    throw new Error(`The gateway's configuration is wrong.\n${z.prettifyError(parsed.error)}`)
  }
  const { data } = parsed
  const gateway: GatewayConfig = {
    host: data.FORETOKEN_GATEWAY_HOST,
    port: data.FORETOKEN_GATEWAY_PORT,
    workerUrls: data.FORETOKEN_WORKER_URLS ?? [],
    clusterSecret: data.FORETOKEN_CLUSTER_SECRET,
    ...(data.FORETOKEN_CLUSTER_CA && { clusterCa: readFileSync(data.FORETOKEN_CLUSTER_CA) }),
    tls: readTls(data.FORETOKEN_TLS_CERT, data.FORETOKEN_TLS_KEY),
    metricsToken: data.FORETOKEN_METRICS_TOKEN ?? null,
    limits: { ...DEFAULT_LIMITS, propagationMs: data.FORETOKEN_PROPAGATION_MS },
  }
  return {
    gateway,
    databaseUrl: data.FORETOKEN_DATABASE_URL,
    keyPepper: data.FORETOKEN_KEY_PEPPER,
    logLevel: data.FORETOKEN_LOG_LEVEL,
  }
}

function readTls(cert: string | undefined, key: string | undefined): GatewayConfig['tls'] {
  return cert === undefined || key === undefined ? null : { cert: readFileSync(cert), key: readFileSync(key) }
}
