/** How long is played. */
export interface Settings {
  /** Requests per second, ascending. */
  readonly rates: readonly number[]
  readonly seconds: number
  readonly rounds: number
}

export const FULL: Settings = { rates: [50, 100, 200, 500, 1_000, 1_500, 2_000], seconds: 3, rounds: 3 }
export const QUICK: Settings = { rates: [200, 1_000], seconds: 2, rounds: 1 }

/**
 * Sent to each contender before anything counts, plain and streamed: its code is compiled while it runs. Of
 * processor time, a request to ours or to Portkey took two fifths less after one or two thousand than at first.
 */
export const WARM_UP = { perSecond: 400, seconds: 8 }

/** How an answer is asked for, and the pause between the texts that it consists of. */
export interface Kind {
  readonly name: string
  readonly stream: boolean
  readonly paceMs: number
  /** Beyond, the generator and the fake worker alone fill two cores. */
  readonly perSecondMax: number
}

export const KINDS: readonly Kind[] = [
  { name: 'plain', stream: false, paceMs: 0, perSecondMax: Number.POSITIVE_INFINITY },
  { name: 'stream', stream: true, paceMs: 0, perSecondMax: Number.POSITIVE_INFINITY },
  { name: 'paced stream', stream: true, paceMs: 5, perSecondMax: 200 },
]

/** Texts of one answer, and tokens of each. */
export const TEXTS = 20
export const TOKENS_OF_TEXT = 3

/** A rate is kept up with while answers take no longer, beyond what they take without a gateway. */
export const P99_MS_MAX = 50
/** And while no more are open when the last request arrives than arrived within this time. */
export const LEFT_MS_MAX = 50
/** How long what is left may still take. */
export const DRAIN_MS_MAX = 3_000
export const CONNECTIONS_MAX = 512
