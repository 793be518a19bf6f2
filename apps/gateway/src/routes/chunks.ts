import type { ChatCompletionChunk, CompletionChunk } from '@foretoken/protocol'
import { sseEvent } from '../generation/sse.ts'
import { padded } from './obfuscation.ts'

/** What all chunks of one stream begin with, in its order. */
export type ChunkBase<Chunk> = Pick<
  Chunk & (ChatCompletionChunk | CompletionChunk),
  'id' | 'object' | 'created' | 'model'
>

/** The chunks of one stream as events. They differ in their choice alone, so what is around it is written once. */
export class Chunks<Chunk extends ChatCompletionChunk | CompletionChunk> {
  private readonly head: string
  private readonly tail: string

  constructor(
    private readonly base: ChunkBase<Chunk>,
    readonly withUsage: boolean,
    private readonly obfuscated = false,
  ) {
    const empty = sseEvent({ ...base, choices: [], ...(withUsage && { usage: null }) })
    const hole = empty.indexOf(HOLE) + HOLE.length - 1
    this.head = empty.slice(0, hole)
    this.tail = empty.slice(hole)
  }

  of(choice: Chunk['choices'][number]): string {
    const event = this.head + JSON.stringify(choice) + this.tail
    return this.obfuscated ? padded(event) : event
  }

  /** The last one, which has none. */
  end(more: Pick<Chunk, 'usage' | 'metrics'>): string {
    const event = sseEvent({ ...this.base, choices: [], ...more })
    return this.obfuscated ? padded(event) : event
  }
}

/** A model's name can't hold it: quotes are escaped there. */
const HOLE = '"choices":[]'
