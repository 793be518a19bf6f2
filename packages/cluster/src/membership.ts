import { hostname } from 'node:os'
import {
  announceProcess,
  type Database,
  newId,
  type ProcessAnnouncement,
  removeExpiredProcesses,
  removeProcess,
} from '@foretoken/db'
import { ClusterClock } from './clock.ts'

export interface MembershipOptions {
  readonly db: Database
  readonly role: ProcessAnnouncement['role']
  /** Asked at each announcement. */
  readonly details: () => Readonly<Record<string, unknown>>
  readonly onError: (error: unknown) => void
  /** The database heard it. */
  readonly onAnnounced?: () => void
  /** Told the database's time at each announcement. */
  readonly clock?: ClusterClock
  readonly times?: Partial<typeof TIMES>
}

const TIMES = { announceMs: 1_000, leaseMs: 3_000, keptMs: 3_600_000 }

/** This process in the register: it joins as ready, says when it drains, and leaves. */
export class Membership {
  readonly id: string
  private url: string | null = null
  private state: ProcessAnnouncement['state'] = 'ready'
  private known = false
  private timer: NodeJS.Timeout | undefined
  private announcing: Promise<void> | null = null
  private readonly clock: ClusterClock

  constructor(private readonly options: MembershipOptions) {
    this.id = newId(options.role)
    this.clock = options.clock ?? new ClusterClock()
  }

  /**
   * Resolves after the first announcement, whether or not it reached the database.
   *
   * @param url where it serves; null: nowhere
   */
  async join(url: string | null): Promise<void> {
    const { db, times, onError } = this.options
    this.url = url
    await this.announce()
    this.timer = setInterval(() => void this.announce(), times?.announceMs ?? TIMES.announceMs).unref()
    removeExpiredProcesses(db, times?.keptMs ?? TIMES.keptMs).catch(onError)
  }

  /** Tells others to send nothing more. */
  async drain(): Promise<void> {
    this.state = 'draining'
    this.known = false
    await this.announcing
    await this.announce()
  }

  async leave(): Promise<void> {
    clearInterval(this.timer)
    await this.announcing
    try {
      await removeProcess(this.options.db, { id: this.id, role: this.options.role })
    } catch (error) {
      this.options.onError(error)
    }
  }

  private announce(): Promise<void> {
    this.announcing ??= this.send().finally(() => {
      this.announcing = null
    })
    return this.announcing
  }

  private async send(): Promise<void> {
    const { db, role, details, onError, onAnnounced, times } = this.options
    const { id, state, url } = this
    const own = { id, role, state, url, host: hostname(), pid: process.pid, details: details() }
    try {
      const lease = { leaseMs: times?.leaseMs ?? TIMES.leaseMs, news: !this.known }
      await this.clock.read(() => announceProcess(db, own, lease))
      this.known = state === this.state
      onAnnounced?.()
    } catch (error) {
      onError(error)
    }
  }
}
