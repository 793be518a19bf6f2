import type { Database } from '@foretoken/db'
import type { Lifecycle, Logger, Registry, RequestMetrics } from '@foretoken/telemetry'
import type { HttpBindings } from '@hono/node-server'
import type { GatewayConfig } from './config.ts'
import type { Verdicts } from './drafts/verdicts.ts'
import type { InFlight } from './generation/in-flight.ts'
import type { Idempotency } from './idempotency/idempotency.ts'
import type { KeyCache } from './keys/key-cache.ts'
import type { Admissions } from './limits/admissions.ts'
import type { AuthenticatedKey, Store } from './store.ts'
import type { Journal } from './usage/journal.ts'
import type { UsageWriter } from './usage/writer.ts'
import type { WorkerPool } from './workers/pool.ts'

/** What operators and tenants manage themselves with. */
export interface Management {
  readonly db: Database
  readonly pepper: Uint8Array
}

/** What handlers work with; made once by `startGateway`. */
export interface Services {
  readonly config: GatewayConfig
  readonly logger: Logger
  /** The platform's time, in Unix milliseconds: what usage is dated by. */
  readonly clock: () => number
  readonly lifecycle: Lifecycle
  readonly registry: Registry
  readonly metrics: RequestMetrics
  readonly store: Store
  readonly keys: KeyCache
  readonly workers: WorkerPool
  readonly usage: UsageWriter
  readonly journal: Journal
  readonly admissions: Admissions
  readonly idempotency: Idempotency
  readonly verdicts: Verdicts
  readonly inFlight: InFlight
  /** Absent: this gateway serves inference alone. */
  readonly management?: Management
}

/** What middleware leaves for handlers. */
export interface GatewayEnv {
  Bindings: HttpBindings
  Variables: {
    /** Ours, unique for ever: the usage row's id. */
    requestId: string
  }
}

export interface AuthenticatedEnv extends GatewayEnv {
  Variables: GatewayEnv['Variables'] & { key: AuthenticatedKey }
}
