import { type Database, type NewTarget, registerTarget } from '@foretoken/db'

export interface TargetPresenceOptions {
  readonly db: Database
  readonly target: NewTarget
  readonly onError: (error: unknown) => void
  /** Told once, when the database has it. */
  readonly onRegistered?: (targetId: string) => void
  readonly everyMs?: number
}

const EVERY_MS = 60_000

/**
 * A target in the database's list of those that are served, kept alive while this process serves it or trains for it. What
 * is not registered yet, because the database is away, is registered with the next attempt.
 */
export class TargetPresence {
  private known: string | null = null
  private registering: Promise<string> | null = null
  private readonly timer: NodeJS.Timeout

  constructor(private readonly options: TargetPresenceOptions) {
    this.timer = setInterval(() => void this.announce(), options.everyMs ?? EVERY_MS).unref()
  }

  /** Resolves after the attempt, whether or not it reached the database. */
  async announce(): Promise<void> {
    await this.register().catch(this.options.onError)
  }

  /** Of its row; rejects while there is none. */
  async id(): Promise<string> {
    return this.known ?? (await this.register())
  }

  close(): void {
    clearInterval(this.timer)
  }

  private register(): Promise<string> {
    this.registering ??= this.write().finally(() => {
      this.registering = null
    })
    return this.registering
  }

  private async write(): Promise<string> {
    const { db, target, onRegistered } = this.options
    const { id } = await registerTarget(db, target)
    const isNews = this.known === null
    this.known = id
    if (isNews) onRegistered?.(id)
    return id
  }
}
