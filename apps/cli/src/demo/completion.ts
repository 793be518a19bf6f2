import { chatCompletionChunkSchema, type SpeculationMetrics } from '@foretoken/protocol'
import type { Message } from '@foretoken/workloads'
import { EventSourceParserStream } from 'eventsource-parser/stream'
import { z } from 'zod'
import type { Way } from './ways.ts'

export interface Completion {
  readonly text: string
  readonly completionTokens: number
  /** From sending the request to the end of the stream. */
  readonly ms: number
  readonly speculation: SpeculationMetrics['speculative_decoding']
}

export interface CompletionCall {
  readonly url: string
  readonly apiKey: string
  readonly model: string
  readonly prompt: readonly Message[]
  readonly temperature: number
  readonly seed: number
  readonly arm: Way
  readonly signal: AbortSignal
  /** Absent: the controller's choice. */
  readonly lookahead?: number
  readonly tokensMax: number
}

/**
 * One streamed chat completion through the public API.
 *
 * @param onText told about each piece of text as it arrives.
 * @throws when the platform refuses it, or the stream ends early.
 */
export async function complete(call: CompletionCall, onText: (text: string) => void): Promise<Completion> {
  const started = performance.now()
  const response = await fetch(`${call.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${call.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: call.model,
      messages: call.prompt,
      max_tokens: call.tokensMax,
      temperature: call.temperature,
      seed: call.seed,
      stream: true,
      stream_options: { include_usage: true },
      speculation: { arm: call.arm, lookahead: call.lookahead, metrics: true },
    }),
    signal: call.signal,
  })
  if (!response.ok || response.body === null) throw new Error(await refusal(response))
  let text = ''
  let last: Last = {}
  for await (const chunk of chunks(response.body)) {
    const delta = chunk.choices[0]?.delta.content ?? ''
    text += delta
    if (delta !== '') onText(delta)
    last = { usage: chunk.usage ?? last.usage, metrics: chunk.metrics ?? last.metrics }
  }
  if (!last.usage || !last.metrics) throw new Error('the stream ended without usage and metrics')
  return {
    text,
    completionTokens: last.usage.completion_tokens,
    ms: performance.now() - started,
    speculation: last.metrics.speculative_decoding,
  }
}

type Chunk = z.infer<typeof chatCompletionChunkSchema>
type Last = Partial<Pick<Chunk, 'usage' | 'metrics'>>

/** The stream's chunks up to [DONE]; an error event, and a stream that just stops, throw. */
async function* chunks(body: ReadableStream<Uint8Array>): AsyncGenerator<Chunk> {
  const events = body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream())
  for await (const { data } of events) {
    if (data === '[DONE]') return
    const event: unknown = JSON.parse(data)
    const failed = errorSchema.safeParse(event)
    if (failed.success) throw new Error(failed.data.error.message)
    yield chatCompletionChunkSchema.parse(event)
  }
  throw new Error('the stream was cut off')
}

const errorSchema = z.object({ error: z.object({ message: z.string() }) })

async function refusal(response: Response): Promise<string> {
  const body = errorSchema.safeParse(await response.json().catch(() => null))
  return `HTTP ${response.status}${body.success ? `: ${body.data.error.message}` : ''}`
}
