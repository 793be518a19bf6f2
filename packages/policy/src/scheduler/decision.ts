export type DecisionKind =
  | 'train'
  | 'wait'
  | 'promote'
  | 'reject'
  | 'watch'
  | 'rollback'
  | 'route-static'
  | 'route-adaptive'
  | 'mark-drift'
  | 'keep-route'
  | 'keep-hot'
  | 'keep-on-disk'
  | 'keep-in-store'
  | 'keep-cheap-parts'
  | 'drop'

/** One decision about one tenant, as it is kept: enough to understand it later, and to take it again. */
export interface Decision {
  readonly tenant: string
  readonly kind: DecisionKind
  /** False: things stay as they are. */
  readonly changes: boolean
  /** What it is worth, in milliseconds of target time where nothing else is said. */
  readonly value: number
  /** The figures that it was made from, by name. */
  readonly inputs: Readonly<Record<string, number>>
  readonly alternatives: readonly Alternative[]
  /** One sentence. */
  readonly reason: string
}

export interface Alternative {
  readonly kind: DecisionKind
  readonly value: number
}

const SECOND = 1_000
const HOUR = 3_600 * SECOND

/** A time as people say it. */
export function timeText(ms: number): string {
  const size = Math.abs(ms)
  if (size >= 2 * HOUR) return `${(ms / HOUR).toFixed(1)} h`
  if (size >= 100 * SECOND) return `${(ms / 60 / SECOND).toFixed(1)} min`
  return `${(ms / SECOND).toFixed(1)} s`
}

export function percentText(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}
