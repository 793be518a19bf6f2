import type { WorkerFrame } from '@foretoken/protocol/client'
import type { UnroutedCall } from './route.ts'

export type CallFrame = Exclude<WorkerFrame, { type: 'alive' }>

/**
 * What a tenant has of one call, whichever workers said it: enough to go on at another one, and to leave out what that
 * one tells again. Counts and bytes are then those of a call that nothing happened to; only the summary of speculation
 * is of the last worker alone.
 */
export class Said {
  private readonly tokens: number[][]
  private readonly finished = new Set<number>()
  private promptTokens: number | undefined
  /** Of the first worker that had a word to say; what a later one has cached is nobody's business. */
  private cachedTokens: number | undefined
  private restarted = false

  constructor(private readonly call: UnroutedCall) {
    this.tokens = Array.from({ length: call.choices }, () => [])
  }

  get begun(): boolean {
    return this.promptTokens !== undefined
  }

  /** The call that says the rest. */
  rest(): UnroutedCall {
    if (!this.begun) return this.call
    this.restarted = true
    return { ...this.call, resumed: this.tokens }
  }

  /** Those of the frames that tell the tenant something new. */
  takeAll(frames: readonly WorkerFrame[]): CallFrame[] {
    return frames.flatMap((frame) => this.take(frame) ?? [])
  }

  /** The frame as the tenant is to have it; null where it is told nothing new. */
  take(frame: WorkerFrame): CallFrame | null {
    switch (frame.type) {
      case 'alive':
        return null
      case 'start':
        return this.start(frame)
      case 'text':
        this.tokens[frame.choice]?.push(...frame.tokens)
        this.cachedTokens ??= frame.cachedTokens ?? 0
        return frame.cachedTokens === this.cachedTokens ? frame : { ...frame, cachedTokens: this.cachedTokens }
      case 'finish':
        if (this.finished.has(frame.choice)) return null
        this.finished.add(frame.choice)
        return frame
      case 'end':
        return this.restarted ? { ...frame, usage: { ...frame.usage, cachedTokens: this.cachedTokens ?? 0 } } : frame
    }
  }

  /** Workers that read one prompt as different tokens are not of one deployment. */
  private start(frame: Extract<CallFrame, { type: 'start' }>): CallFrame | null {
    if (this.promptTokens === frame.promptTokens) return null
    if (this.begun) throw new Error(`a prompt of ${this.promptTokens} tokens is one of ${frame.promptTokens} elsewhere`)
    this.promptTokens = frame.promptTokens
    return frame
  }
}
