import type { ServerResponse } from 'node:http'
import { ApiError } from '@foretoken/protocol'
import { ClientGone } from './in-flight.ts'

const KEEP_ALIVE_COMMENT = ': keep-alive\n\n'
export const DONE_EVENT = 'data: [DONE]\n\n'

export function sseEvent(data: unknown): string {
  return `data: ${JSON.stringify(data)}\n\n`
}

interface SseOptions {
  readonly outgoing: ServerResponse
  /** Silence after which the client gets a comment. */
  readonly keepAliveMs: number
  /** A client that reads nothing for longer counts as gone. */
  readonly stallMsMax: number
  /** What a stream ends with; absent: [DONE]. */
  readonly doneEvent?: string
  /** How an error is told in the stream; absent: as an event of the envelope. */
  readonly errorEvent?: (error: ApiError) => string
  /** Told about errors that are nobody's doing but ours. */
  readonly onFault: (error: unknown) => void
}

/**
 * Answers with server-sent events. Resolves when the answer has begun, with its first text or the first comment, and
 * goes on by itself; rejects with what went wrong before, which can then get an HTTP status of its own.
 *
 * The client's pace is the pace of the whole chain: the next texts are fetched when the last were taken. An error
 * becomes an event, in OpenAI's envelope as a rule, and ends the stream without [DONE], so that no client mistakes the
 * part it got for the whole.
 */
export function sendEvents(texts: AsyncGenerator<string>, options: SseOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = new EventStream(options, resolve)
    stream.send(texts).then(resolve, reject)
  })
}

/** More than this is written at once; less waits for the end of the event loop's turn, as more may come in it. */
const TURN_CHARACTERS_MAX = 16_384

/**
 * Writes to Node's response itself: a web stream in between costs promises and a copy for each text. What comes in one
 * turn of the event loop goes out in one write.
 */
class EventStream {
  private begun = false
  private pending = ''
  private scheduled = false
  /** Resolves when the client has taken what was written; null while it keeps up. */
  private taken: Promise<void> | null = null
  private readonly silence: NodeJS.Timeout

  constructor(
    private readonly options: SseOptions,
    private readonly onBegin: () => void,
  ) {
    this.silence = setTimeout(() => this.keepAlive(), options.keepAliveMs)
  }

  /** Rejects with an error that came before the first text. */
  async send(texts: AsyncGenerator<string>): Promise<void> {
    const { outgoing } = this.options
    try {
      for await (const text of texts) {
        if (outgoing.destroyed) return
        this.add(text)
        if (this.taken) await this.taken
      }
      this.add(this.options.doneEvent ?? DONE_EVENT)
    } catch (error) {
      if (!this.begun) throw error
      this.add(this.lastWords(error))
    } finally {
      clearTimeout(this.silence)
      if (this.begun) this.end()
    }
  }

  private add(text: string): void {
    this.silence.refresh()
    this.pending += text
    if (!this.begun) this.onBegin()
    this.begun = true
    if (this.pending.length > TURN_CHARACTERS_MAX) this.write()
    else if (!this.scheduled) {
      this.scheduled = true
      setImmediate(() => {
        this.scheduled = false
        this.write()
      })
    }
  }

  private write(): void {
    const { outgoing } = this.options
    if (outgoing.writableEnded || outgoing.destroyed) return
    this.writeHead()
    const text = this.pending
    this.pending = ''
    if (text === '') outgoing.flushHeaders()
    else if (!outgoing.write(text)) this.taken ??= this.wait()
  }

  /** What is left goes out with the end. */
  private end(): void {
    const { outgoing } = this.options
    if (outgoing.destroyed) return
    this.writeHead()
    outgoing.end(this.pending)
    this.pending = ''
  }

  private writeHead(): void {
    const { outgoing } = this.options
    if (!outgoing.headersSent) outgoing.writeHead(200, SSE_HEADERS)
  }

  private wait(): Promise<void> {
    const { outgoing, stallMsMax } = this.options
    return new Promise((resolve) => {
      const stalled = setTimeout(() => outgoing.destroy(), stallMsMax).unref()
      const done = () => {
        clearTimeout(stalled)
        outgoing.off('drain', done).off('close', done)
        this.taken = null
        resolve()
      }
      outgoing.on('drain', done).on('close', done)
    })
  }

  private keepAlive(): void {
    if (this.taken) this.silence.refresh()
    else this.add(KEEP_ALIVE_COMMENT)
  }

  private lastWords(error: unknown): string {
    if (error instanceof ClientGone) return ''
    const { errorEvent = (known) => sseEvent(known.toEnvelope()), onFault } = this.options
    if (error instanceof ApiError) return errorEvent(error)
    onFault(error)
    return errorEvent(new ApiError('internal_error', { values: {} }))
  }
}

export const SSE_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
}
