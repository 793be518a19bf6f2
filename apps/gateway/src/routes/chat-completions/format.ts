import {
  answerId,
  type ChatCompletion,
  type ChatCompletionChunk,
  type ChatLogprobs,
  type ChatRequest,
  toOpenAiUsage,
} from '@foretoken/protocol'
import type { AnswerEvent } from '../../generation/answer.ts'
import type { Run } from '../../idempotency/idempotency.ts'
import { Chunks } from '../chunks.ts'
import { collect } from '../collect.ts'
import { type AnswerFormat, metricsOf } from '../respond.ts'

/** Answers as OpenAI's chat completions. */
export function chatFormat(request: ChatRequest, run: Pick<Run, 'requestId' | 'createdAt'>): AnswerFormat {
  const base = {
    id: answerId(run.requestId, 'chatCompletion'),
    created: Math.floor(run.createdAt.getTime() / 1_000),
    model: request.model,
  }
  const withUsage = request.stream_options?.include_usage === true
  const chunks = new Chunks<ChatCompletionChunk>({ ...base, object: 'chat.completion.chunk' }, withUsage)
  return {
    endpoint: 'chat.completions',
    eventsOf: (event) => eventsOf(event, request, chunks),
    bodyOf: (events) => bodyOf(events, request, { ...base, object: 'chat.completion' }),
  }
}

type Choice = ChatCompletionChunk['choices'][number]

function eventsOf(event: AnswerEvent, request: ChatRequest, chunks: Chunks<ChatCompletionChunk>): string {
  switch (event.type) {
    case 'start':
      return Array.from({ length: request.n }, (_, index) =>
        chunks.of(choiceOf(index, { role: 'assistant', content: '' })),
      ).join('')
    case 'text': {
      if (event.text === '' && !event.logprobs) return ''
      return chunks.of({ ...choiceOf(event.choice, { content: event.text }), logprobs: toLogprobs(event.logprobs) })
    }
    case 'finish':
      return chunks.of({ ...choiceOf(event.choice, {}), finish_reason: event.reason })
    case 'end': {
      if (!chunks.withUsage && !request.speculation.metrics) return ''
      const usage = chunks.withUsage ? { usage: toOpenAiUsage(event.usage) } : {}
      return chunks.end({ ...usage, ...metricsOf(event, request) })
    }
  }
}

function choiceOf(index: number, delta: Choice['delta']): Choice {
  return { index, delta, logprobs: null, finish_reason: null }
}

type BodyBase = Pick<ChatCompletion, 'id' | 'created' | 'model' | 'object'>

async function bodyOf(
  events: AsyncIterable<readonly AnswerEvent[]>,
  request: ChatRequest,
  base: BodyBase,
): Promise<ChatCompletion> {
  const { choices, end } = await collect(events)
  return {
    ...base,
    choices: choices.map(({ text, logprobs, finishReason }, index) => ({
      index,
      message: { role: 'assistant', content: text, refusal: null },
      logprobs: request.logprobs ? toLogprobs(logprobs) : null,
      finish_reason: finishReason,
    })),
    usage: toOpenAiUsage(end.usage),
    ...metricsOf(end, request),
  }
}

type Scored = NonNullable<Extract<AnswerEvent, { type: 'text' }>['logprobs']>

function toLogprobs(scored: Scored | undefined): ChatLogprobs | null {
  if (!scored) return null
  return {
    content: scored.map((token) => ({ ...toToken(token), top_logprobs: token.top.map(toToken) })),
    refusal: null,
  }
}

function toToken({ text, logprob, bytes }: Scored[number]['top'][number]) {
  return { token: text, logprob, bytes }
}
