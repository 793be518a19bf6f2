/** A reading that took longer is off by too much to replace a better one. */
const DOUBT_MS_MAX = 250

/**
 * The database's time, which is the same for every process: read at each announcement, and carried on between two by
 * this machine's monotonic clock, which nobody sets. What processes compare with each other's (when a trace was
 * recorded, which five minutes a step belongs to) is stamped with it, so a machine whose own clock jumps harms nobody.
 * Until the database was heard it is this machine's own time.
 */
export class ClusterClock {
  private offsetMs: number | null = null

  constructor(
    private readonly monotonic: () => number = () => performance.now(),
    private readonly own: () => number = () => Date.now(),
  ) {}

  /** Unix milliseconds, whole ones. */
  readonly now = (): number => (this.offsetMs === null ? this.own() : Math.round(this.monotonic() + this.offsetMs))

  /** Asks a database for its time. */
  async read(ask: () => Promise<Date>): Promise<void> {
    const askedMs = this.monotonic()
    const told = await ask()
    const tookMs = this.monotonic() - askedMs
    if (tookMs > DOUBT_MS_MAX && this.offsetMs !== null) return
    this.offsetMs = told.getTime() - askedMs - tookMs / 2
  }
}
