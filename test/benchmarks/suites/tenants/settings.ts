/** How long is played. */
export interface Settings {
  /** Seconds of a closed loop that measures the capacity, and of open-loop arrivals. */
  readonly capacitySeconds: number
  readonly openSeconds: number
  readonly floodSeconds: number
  readonly rounds: number
}

export const FULL: Settings = { capacitySeconds: 15, openSeconds: 40, floodSeconds: 20, rounds: 2 }
export const QUICK: Settings = { capacitySeconds: 6, openSeconds: 10, floodSeconds: 8, rounds: 1 }

/** Mixed tenants on one worker. */
export const COUNTS = [1, 8, 64] as const
/** Completion tokens per request. */
export const TOKENS_MAX = 96
/** Sequences at once, and requests in a closed loop. */
export const SEQUENCES_MAX = 16
/** Of the requests per second that a closed loop was served. */
export const LOAD = 0.7
/** Of that too: what the tenant that floods sends, and the others together. */
export const FLOOD_LOAD = 3
export const LIGHT_LOAD = 0.2
/** Memory for adapters, which take 1.1 MB each: those of half of 64 tenants. */
export const ADAPTER_BYTES_MAX = 36 << 20
