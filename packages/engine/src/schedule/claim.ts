/** What a request, or one sequence of it, asks of the engine: all that scheduling knows of either. */
export interface Claim {
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

/** What all claims together must stay within. */
export interface Limits {
  readonly sequencesMax: number
  /** Whether that many slots of that many rows each stay within the memory budget. */
  fits(slots: number, rows: number): boolean
}
