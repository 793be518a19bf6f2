import type { Logger } from './logger.ts'

export interface OutageWords {
  /** What is the matter, in one sentence: 'the database does not answer'. */
  readonly begins: string
  /** What is so again: 'the database answers again'. */
  readonly ends: string
}

const EVERY_MS = 60_000

/**
 * Tells of something that fails again and again: when it begins, at most once a minute while it lasts, and when it is
 * over, with how long it took. What is tried every second would else fill a log with one sentence.
 */
export class Outage {
  private sinceMs: number | null = null
  private toldMs = 0
  private failures = 0

  constructor(
    private readonly logger: Logger,
    private readonly words: OutageWords,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** @param facts ids and counts that belong to this failure */
  failed(err: unknown, facts: Readonly<Record<string, unknown>> = {}): void {
    const nowMs = this.now()
    this.failures++
    const lasting = this.sinceMs !== null
    if (lasting && nowMs - this.toldMs < EVERY_MS) return
    this.sinceMs ??= nowMs
    this.toldMs = nowMs
    const past = lasting ? { ms: Math.round(nowMs - this.sinceMs), failures: this.failures } : {}
    this.logger.warn({ err, ...facts, ...past }, this.words.begins)
  }

  /** It worked; silent unless it had failed before. */
  worked(): void {
    if (this.sinceMs === null) return
    const { failures } = this
    this.logger.warn({ ms: Math.round(this.now() - this.sinceMs), failures }, this.words.ends)
    this.sinceMs = null
    this.failures = 0
  }
}

export const DATABASE_OUTAGE: OutageWords = {
  begins: 'the database does not answer',
  ends: 'the database answers again',
}
