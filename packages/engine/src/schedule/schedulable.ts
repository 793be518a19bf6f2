/** A request that waits, or one sequence of it: what it takes of the engine, which is all that scheduling knows of it. */
export interface Schedulable {
  readonly tenant: string
  /** The tenant's share against others'; 1 is usual. */
  readonly weight: number
  /** Number of the request among all that were admitted. */
  readonly arrival: number
  /** Slots it takes: choices that its prompt is going to fork into count at once. */
  readonly slots: number
  /** Cache rows of each slot at the next step, and at the very end. */
  readonly rows: number
  readonly rowsMax: number
}

/** What all that run must stay within together. */
export interface Limits {
  readonly sequencesMax: number
  /** Whether that many slots of that many rows each stay within the memory budget. */
  fits(slots: number, rows: number): boolean
}
