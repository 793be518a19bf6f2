import type { Speculator } from '@foretoken/drafting'
import type { JobTimes } from './job.ts'
import type { PrefillReport } from './step/prefill.ts'
import type { DecodeReport } from './step/report.ts'
import type { TraceSink } from './trace/trace.ts'

export interface EngineOptions {
  /** Sequences that hold cache rows at once. */
  readonly sequencesMax: number
  /** Requests that may wait for a slot before the engine answers `overloaded`. */
  readonly waitingMax: number
  /** Of them of one tenant, before the engine answers `rate_limit_exceeded`. */
  readonly waitingPerTenantMax: number
  readonly cacheBytesMax: number
  /** Share of them that prefixes of earlier requests may fill, between 0 (nothing is kept) and 1. */
  readonly prefixCacheShare: number
  /** Prompt tokens cached between two steps: alone, and while other sequences are decoding and must not stall. */
  readonly prefillRows: number
  readonly prefillRowsBusy: number
  readonly lookaheadMax: number
  /** Milliseconds, monotonic. */
  readonly clock: () => number
  readonly observer?: EngineObserver
  /** Where traces of finished choices go; absent: none are captured. */
  readonly traces?: TraceSink
}

export const ENGINE_DEFAULTS: EngineOptions = {
  sequencesMax: 16,
  waitingMax: 256,
  waitingPerTenantMax: 128,
  cacheBytesMax: 1 << 30,
  prefixCacheShare: 0.25,
  prefillRows: 128,
  prefillRowsBusy: 32,
  lookaheadMax: 16,
  clock: () => performance.now(),
}

/** What telemetry may watch; never called with prompt or completion text. */
export interface EngineObserver {
  prefill?(report: PrefillReport): void
  /** A sequence lost its cache rows to others and waits again. */
  preempted?(): void
  decode?(report: DecodeReport): void
  finished?(job: { times: JobTimes; cancelled: boolean }): void
  /** A speculator threw instead of drafting; the step went on without it. */
  draftFailed?(speculator: Speculator, cause: unknown): void
}

export interface EngineLoad {
  /** Sequences in slots. */
  readonly running: number
  readonly waiting: number
  /** Those that wait by what the first of them lacks, and those that ran before. */
  readonly waitingFor: { readonly slots: number; readonly memory: number; readonly preempted: number }
  /** Share of the memory budget that is laid out. */
  readonly cacheUsage: number
}
