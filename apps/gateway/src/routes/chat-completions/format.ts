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
import { type CollectedCall, collectChat } from '../../tools/collect.ts'
import type { AnswerReader, ChatEvent } from '../../tools/read-answer.ts'
import { Chunks } from '../chunks.ts'
import { type AnswerFormat, metricsOf } from '../respond.ts'

/** Answers as OpenAI's chat completions. */
export function chatFormat(
  request: ChatRequest,
  run: Pick<Run, 'requestId' | 'createdAt'>,
  reader: AnswerReader,
): AnswerFormat {
  const base = {
    id: answerId(run.requestId, 'chatCompletion'),
    created: Math.floor(run.createdAt.getTime() / 1_000),
    model: request.model,
  }
  const { include_usage: withUsage = false, include_obfuscation: obfuscated = false } = request.stream_options ?? {}
  const chunks = new Chunks<ChatCompletionChunk>({ ...base, object: 'chat.completion.chunk' }, withUsage, obfuscated)
  return {
    endpoint: 'chat.completions',
    eventsOf: (event) =>
      reader
        .read(event)
        .map((each) => eventsOf(each, request, chunks))
        .join(''),
    bodyOf: (events) => bodyOf(events, reader, request, { ...base, object: 'chat.completion' }),
  }
}

type Choice = ChatCompletionChunk['choices'][number]

function eventsOf(event: ChatEvent, request: ChatRequest, chunks: Chunks<ChatCompletionChunk>): string {
  switch (event.type) {
    case 'start':
      return Array.from({ length: request.n }, (_, index) =>
        chunks.of(choiceOf(index, { role: 'assistant', content: '' })),
      ).join('')
    case 'text': {
      if (event.text === '' && !event.logprobs) return ''
      return chunks.of({ ...choiceOf(event.choice, { content: event.text }), logprobs: toLogprobs(event.logprobs) })
    }
    case 'call': {
      const { index, id, name } = event
      const call = { index, id, type: 'function' as const, function: { name, arguments: '' } }
      return chunks.of(choiceOf(event.choice, { tool_calls: [call] }))
    }
    case 'arguments': {
      const more = { index: event.index, function: { arguments: event.text } }
      return chunks.of(choiceOf(event.choice, { tool_calls: [more] }))
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
  reader: AnswerReader,
  request: ChatRequest,
  base: BodyBase,
): Promise<ChatCompletion> {
  const { choices, end } = await collectChat(events, reader)
  return {
    ...base,
    choices: choices.map(({ text, calls, logprobs, finishReason }, index) => ({
      index,
      message: { role: 'assistant', ...saidAndCalled(text, calls), refusal: null },
      logprobs: request.logprobs ? toLogprobs(logprobs) : null,
      finish_reason: finishReason,
    })),
    usage: toOpenAiUsage(end.usage),
    ...metricsOf(end, request),
  }
}

function saidAndCalled(text: string, calls: readonly CollectedCall[]): Said {
  if (calls.length === 0) return { content: text }
  return {
    content: text === '' ? null : text,
    tool_calls: calls.map(({ id, ...called }) => ({ id, type: 'function', function: called })),
  }
}

type Said = Pick<ChatCompletion['choices'][number]['message'], 'content' | 'tool_calls'>

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
