import { ApiError } from '@foretoken/protocol'
import { CLIENT_GONE, ClientGone } from './in-flight.ts'

export const KEEP_ALIVE_COMMENT = ': keep-alive\n\n'
export const DONE_EVENT = 'data: [DONE]\n\n'

export function sseEvent(data: unknown): string {
  return `data: ${JSON.stringify(data)}\n\n`
}

interface SseOptions {
  readonly controller: AbortController
  /** A client that reads nothing for longer counts as gone. */
  readonly stallMsMax: number
  /** Breaks the connection. */
  readonly hangUp: () => void
  /** Told about errors that are nobody's doing but ours. */
  readonly onFault: (error: unknown) => void
}

/**
 * An answer of server-sent events. The client's pace is the pace of the whole chain: the next text is fetched when the
 * last was taken. A client that leaves aborts the controller at once. An error becomes an event in OpenAI's envelope
 * and ends the stream without [DONE], so that no client mistakes the part it got for the whole.
 */
export function sseResponse(texts: AsyncGenerator<string>, options: SseOptions): Response {
  const utf8 = new TextEncoder()
  let stalled: NodeJS.Timeout | undefined
  const leave = async () => {
    clearTimeout(stalled)
    options.controller.abort(CLIENT_GONE)
    await texts.return(undefined)
  }
  const giveUp = () => {
    options.hangUp()
    void leave()
  }
  const body = new ReadableStream<Uint8Array>({
    async pull(stream) {
      clearTimeout(stalled)
      const next = await nextText(texts, options)
      if (next === null) return stream.close()
      stream.enqueue(utf8.encode(next))
      stalled = setTimeout(giveUp, options.stallMsMax).unref()
    },
    cancel: leave,
  })
  return new Response(body, {
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    },
  })
}

async function nextText(texts: AsyncGenerator<string>, options: SseOptions): Promise<string | null> {
  try {
    const next = await texts.next()
    return next.done ? null : next.value
  } catch (error) {
    if (error instanceof ClientGone) return null
    if (error instanceof ApiError) return sseEvent(error.toEnvelope())
    options.onFault(error)
    return sseEvent(new ApiError('internal_error', { values: {} }).toEnvelope())
  }
}
