import type { Trace, TraceSink } from '@foretoken/engine'
import type { ObjectStore } from '@foretoken/storage'
import { isFolderName, newSegmentKey } from './keys.ts'
import { encodeSegment } from './segment.ts'

export interface RecorderOptions {
  readonly store: ObjectStore
  /** Fingerprint of the target whose traces these are. */
  readonly target: string
  readonly hiddenSize: number
  /** Memory for one tenant's traces that are not stored yet, and for all tenants together. */
  readonly tenantBytesMax?: number
  readonly bytesMax?: number
  /** A tenant's traces are written when there are so many tokens, or after so long. */
  readonly flushTokens?: number
  readonly flushMs?: number
  readonly onError?: (error: unknown) => void
  readonly onStored?: () => void
  /** Unix milliseconds, the same for all recorders: keys are in its order, and what is forgotten goes by it. */
  readonly clock?: () => number
}

export interface RecorderStatistics {
  /** Traces taken, dropped for want of memory, and stored. */
  readonly recorded: number
  readonly dropped: number
  readonly stored: number
  readonly failures: number
  /** Held right now. */
  readonly bytes: number
}

interface Buffer {
  traces: Trace[]
  tokens: number
  /** Held for this tenant, those being written included. */
  bytes: number
}

export const FLUSH_MS = 15_000
/**
 * What is stored so soon after its tenant was forgotten counts as recorded before: a worker held it, or was still
 * generating it.
 */
export const FORGET_MARGIN_MS = FLUSH_MS + 60_000

/**
 * Takes traces from the engine and stores them in segments, one tenant each. `record` only appends to a list; encoding
 * and writing happen later and one segment at a time, so a slow store holds back nothing but itself. When it can't keep
 * up, memory stays within its bounds and new traces are dropped and counted: they are worth less than a request's time.
 */
export class TraceRecorder implements TraceSink {
  private readonly buffers = new Map<string, Buffer>()
  private readonly counts = { recorded: 0, dropped: 0, stored: 0, failures: 0, bytes: 0 }
  private readonly timer: NodeJS.Timeout
  private writing: Promise<void> | null = null

  constructor(private readonly options: RecorderOptions) {
    const flushIdle = () => (this.writing === null ? this.flush() : undefined)
    this.timer = setInterval(() => void flushIdle(), options.flushMs ?? FLUSH_MS).unref()
  }

  get statistics(): RecorderStatistics {
    return { ...this.counts }
  }

  record(trace: Trace): void {
    const { tenantBytesMax = 16 << 20, bytesMax = 256 << 20, flushTokens = 2_048 } = this.options
    const bytes = bytesOf(trace)
    const buffer = this.buffers.get(trace.tenant) ?? { traces: [], tokens: 0, bytes: 0 }
    const fits = buffer.bytes + bytes <= tenantBytesMax && this.counts.bytes + bytes <= bytesMax
    if (!fits || trace.tokens.length === 0 || !isFolderName(trace.tenant)) {
      this.counts.dropped++
      return
    }
    this.buffers.set(trace.tenant, buffer)
    buffer.traces.push(trace)
    buffer.tokens += trace.tokens.length
    buffer.bytes += bytes
    this.counts.bytes += bytes
    this.counts.recorded++
    // Once, on the way up: what a failing store leaves behind waits for the timer.
    const before = buffer.tokens - trace.tokens.length
    if (before < flushTokens && buffer.tokens >= flushTokens) void this.flush(trace.tenant)
  }

  /** Drops what is held of a tenant; a segment that is being written is deleted again. */
  forget(tenant: string): void {
    const buffer = this.buffers.get(tenant)
    if (!buffer) return
    this.counts.bytes -= buffer.bytes
    this.buffers.delete(tenant)
  }

  /** Stores what is held of a tenant, or of all. Never rejects: what can't be stored stays, for the next time. */
  async flush(tenant?: string): Promise<void> {
    const previous = this.writing
    const mine = (async () => {
      await previous
      // A step of the engine must not wait for the encoding.
      await new Promise((resolve) => setImmediate(resolve))
      for (const name of tenant === undefined ? [...this.buffers.keys()] : [tenant]) await this.write(name)
    })()
    this.writing = mine
    await mine
    if (this.writing === mine) this.writing = null
  }

  /** Stores what it can and ends. */
  async close(): Promise<void> {
    clearInterval(this.timer)
    await this.flush()
  }

  private async write(tenant: string): Promise<void> {
    const buffer = this.buffers.get(tenant)
    if (!buffer || buffer.traces.length === 0) return
    const { store, target, hiddenSize, onError, onStored, clock = Date.now } = this.options
    const { traces, tokens } = buffer
    buffer.traces = []
    buffer.tokens = 0
    try {
      const key = newSegmentKey(tenant, { target, tokens, nowMs: clock() })
      await store.put(key, encodeSegment(traces, { tenant, target, hiddenSize }), { ifAbsent: true })
      // Forgotten while it was being written: the tenant's buffer is another, or gone.
      if (this.buffers.get(tenant) !== buffer) return await store.delete(key)
      this.counts.stored += traces.length
      onStored?.()
      this.release(tenant, buffer, traces)
    } catch (error) {
      this.counts.failures++
      onError?.(error)
      if (this.buffers.get(tenant) !== buffer) return
      buffer.traces = [...traces, ...buffer.traces]
      buffer.tokens += tokens
    }
  }

  private release(tenant: string, buffer: Buffer, traces: readonly Trace[]): void {
    const bytes = traces.reduce((sum, trace) => sum + bytesOf(trace), 0)
    buffer.bytes -= bytes
    this.counts.bytes -= bytes
    if (buffer.traces.length === 0) this.buffers.delete(tenant)
  }
}

function bytesOf({ prompt, tokens, hidden, topIds, topLogprobs, arms }: Trace): number {
  return [prompt, tokens, hidden, topIds, topLogprobs, arms].reduce((sum, array) => sum + array.byteLength, 0)
}
