import { readFileSync } from 'node:fs'
import { ENGINE_DEFAULTS } from '@foretoken/engine'
import { z } from 'zod'

const schema = z.object({
  FORETOKEN_WORKER_HOST: z.string().default('127.0.0.1'),
  /** 0 takes any free port; the supervisor learns it from the ready message. */
  FORETOKEN_WORKER_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  FORETOKEN_WORKER_ID: z.string().min(1).default('wrk_local'),
  /** Where gateways find it; absent: they have to know its address. */
  FORETOKEN_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  /** Paths of PEM files; with both, the worker speaks HTTPS only. Gateways trust what `FORETOKEN_CLUSTER_CA` signed. */
  FORETOKEN_WORKER_TLS_CERT: z.string().min(1).optional(),
  FORETOKEN_WORKER_TLS_KEY: z.string().min(1).optional(),
  /** Where gateways reach it, if that is not where it listens: behind a name, or on all addresses. */
  FORETOKEN_WORKER_URL: z.url({ protocol: /^https?$/ }).optional(),
  FORETOKEN_CLUSTER_SECRET: z.string().min(16),
  /** A Hugging Face folder. */
  FORETOKEN_MODEL: z.string().min(1),
  /** The name tenants ask for; the folder's own name when absent. */
  FORETOKEN_MODEL_ID: z.string().min(1).optional(),
  FORETOKEN_WEIGHTS: z.enum(['fp32', 'int8', 'int4']).default('fp32'),
  FORETOKEN_DEVICE: z.enum(['cpu', 'cuda', 'webgpu']).default('cpu'),
  FORETOKEN_THREADS: z.coerce.number().int().positive().optional(),
  /** Sequences that decode at once. */
  FORETOKEN_SEQUENCES_MAX: z.coerce.number().int().positive().default(ENGINE_DEFAULTS.sequencesMax),
  /** Requests that may wait, of all tenants and of one. */
  FORETOKEN_WAITING_MAX: z.coerce.number().int().positive().default(ENGINE_DEFAULTS.waitingMax),
  FORETOKEN_WAITING_PER_TENANT_MAX: z.coerce.number().int().positive().default(ENGINE_DEFAULTS.waitingPerTenantMax),
  /** What the keys and values of all sequences may take; never exceeded. */
  FORETOKEN_CACHE_BYTES_MAX: z.coerce.number().int().positive().default(ENGINE_DEFAULTS.cacheBytesMax),
  /** Share of the cache's memory that prefixes of earlier requests may fill; 0 keeps none. The engine's when absent. */
  FORETOKEN_PREFIX_CACHE_SHARE: z.coerce.number().min(0).max(0.9).optional(),
  /** Where adapters are and traces go: file:///… or s3://…; without it nothing is learned. */
  FORETOKEN_OBJECT_STORE: z.url({ protocol: /^(file|s3)$/ }).optional(),
  /** Folder of the static draft that was trained for this target. */
  FORETOKEN_STATIC_DRAFT: z.string().min(1).optional(),
  /** Memory for tenants' adapters; what is over goes by what it saves. */
  FORETOKEN_ADAPTER_MEMORY_MB: z.coerce.number().int().positive().default(256),
  /** A folder of this worker's own for adapters from a bucket, so that a restart need not fetch them; absent: none. */
  FORETOKEN_ADAPTER_DISK: z.string().min(1).optional(),
  FORETOKEN_ADAPTER_DISK_MB: z.coerce.number().int().positive().default(4_096),
  FORETOKEN_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
})

const MEGABYTE = 1 << 20

export type WorkerConfig = ReturnType<typeof readConfig>

/** Reads the worker's environment; an error names every variable that is wrong. */
export function readConfig(env: NodeJS.ProcessEnv) {
  const parsed = schema.safeParse(env)
  if (!parsed.success) throw new Error(`The worker's configuration is wrong.\n${z.prettifyError(parsed.error)}`)
  const { data } = parsed
  return {
    host: data.FORETOKEN_WORKER_HOST,
    port: data.FORETOKEN_WORKER_PORT,
    id: data.FORETOKEN_WORKER_ID,
    publicUrl: data.FORETOKEN_WORKER_URL,
    tls: readTls(data.FORETOKEN_WORKER_TLS_CERT, data.FORETOKEN_WORKER_TLS_KEY),
    databaseUrl: data.FORETOKEN_DATABASE_URL,
    clusterSecret: data.FORETOKEN_CLUSTER_SECRET,
    modelFolder: data.FORETOKEN_MODEL,
    modelId: data.FORETOKEN_MODEL_ID,
    weights: data.FORETOKEN_WEIGHTS,
    device: data.FORETOKEN_DEVICE,
    threads: data.FORETOKEN_THREADS,
    limits: {
      sequencesMax: data.FORETOKEN_SEQUENCES_MAX,
      waitingMax: data.FORETOKEN_WAITING_MAX,
      waitingPerTenantMax: data.FORETOKEN_WAITING_PER_TENANT_MAX,
      cacheBytesMax: data.FORETOKEN_CACHE_BYTES_MAX,
    },
    prefixCacheShare: data.FORETOKEN_PREFIX_CACHE_SHARE,
    objectStore: data.FORETOKEN_OBJECT_STORE,
    staticDraft: data.FORETOKEN_STATIC_DRAFT,
    adapterBytesMax: data.FORETOKEN_ADAPTER_MEMORY_MB * MEGABYTE,
    adapterDisk: data.FORETOKEN_ADAPTER_DISK
      ? { folder: data.FORETOKEN_ADAPTER_DISK, bytesMax: data.FORETOKEN_ADAPTER_DISK_MB * MEGABYTE }
      : undefined,
    logLevel: data.FORETOKEN_LOG_LEVEL,
  }
}

function readTls(cert: string | undefined, key: string | undefined) {
  if ((cert === undefined) !== (key === undefined)) {
    throw new Error("The worker's configuration is wrong: FORETOKEN_WORKER_TLS_CERT and …_TLS_KEY go together.")
  }
  return cert === undefined || key === undefined ? null : { cert: readFileSync(cert), key: readFileSync(key) }
}
