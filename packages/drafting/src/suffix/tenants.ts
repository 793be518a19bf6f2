import { Calibration } from './calibration.ts'
import { BOUNDARY, BYTES_PER_TOKEN, StreamIndex } from './stream-index.ts'

export interface TenantLimits {
  /** Tenants remembered; the least recently used without a live session goes first. */
  readonly tenantsMax: number
  /** Index memory of one tenant, and of all; checked when a session opens. */
  readonly bytesPerTenantMax: number
  readonly bytesMax: number
}

/** A drawn token is whatever the noise makes of it: the same context is right less often than where answers are greedy. */
const newCalibrations = () => ({ greedy: new Calibration(), sampled: new Calibration() })

/** What the arm knows of one tenant. Nothing in it is ever read for another. */
export class TenantMemory {
  calibrations = newCalibrations()
  index: StreamIndex
  /** Live sequences that read it. */
  sessions = 0
  private forgotten = false

  constructor(bytesMax: number) {
    this.index = new StreamIndex(TOKENS_MIN, Math.max(TOKENS_MIN, bytesMax / BYTES_PER_TOKEN))
  }

  /** Drops what was learned, also for sessions that still hold this memory, and learns nothing more. */
  forget(): void {
    this.forgotten = true
    this.calibrations = newCalibrations()
    this.index = new StreamIndex(0, 0)
  }

  /**
   * Adds a finished stream. The oldest streams make room; those that made proposals come true get a second chance
   * (as in CLOCK) with their hits cleared, and at most as many tokens are moved as are added.
   */
  learn(stream: readonly number[]): void {
    if (this.forgotten) return
    const kept = [...this.worthKeeping(stream.length + 1)]
    for (const tokens of [...kept, stream]) {
      for (const token of tokens) this.index.append(token)
      this.index.append(BOUNDARY)
    }
  }

  private *worthKeeping(length: number): Generator<number[]> {
    const dropped = length - this.index.room
    if (dropped <= 0) return
    let moved = 0
    for (const { tokens, hits } of this.index.oldest(2 * dropped)) {
      moved += tokens.length + 1
      if (moved > length) return
      if (hits > 0) yield tokens
    }
  }
}

export class Tenants {
  /** In order of use, the latest last. */
  private readonly memories = new Map<string, TenantMemory>()

  constructor(private readonly limits: TenantLimits) {}

  get size(): number {
    return this.memories.size
  }

  get bytes(): number {
    return [...this.memories.values()].reduce((bytes, { index }) => bytes + index.bytes, 0)
  }

  of(tenant: string): TenantMemory {
    const memory = this.memories.get(tenant) ?? new TenantMemory(this.limits.bytesPerTenantMax)
    this.memories.delete(tenant)
    this.memories.set(tenant, memory)
    this.evict(memory)
    return memory
  }

  forget(tenant: string): void {
    this.memories.get(tenant)?.forget()
    this.memories.delete(tenant)
  }

  /** The idle tenants that were used longest ago go first. */
  private evict(spared: TenantMemory): void {
    let { bytes } = this
    for (const [tenant, memory] of this.memories) {
      if (this.memories.size <= this.limits.tenantsMax && bytes <= this.limits.bytesMax) return
      if (memory.sessions > 0 || memory === spared) continue
      this.memories.delete(tenant)
      bytes -= memory.index.bytes
    }
  }
}

const TOKENS_MIN = 1_024
