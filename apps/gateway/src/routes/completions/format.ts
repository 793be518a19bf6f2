import {
  answerId,
  type Completion,
  type CompletionChunk,
  type CompletionLogprobs,
  type CompletionRequest,
  toOpenAiUsage,
} from '@foretoken/protocol'
import type { AnswerEvent } from '../../generation/answer.ts'
import type { Run } from '../../idempotency/idempotency.ts'
import { Chunks } from '../chunks.ts'
import { collect } from '../collect.ts'
import { type AnswerFormat, metricsOf } from '../respond.ts'

/** Answers as OpenAI's text completions: choices of all prompts in one list, prompt by prompt. */
export function completionFormat(request: CompletionRequest, run: Pick<Run, 'requestId' | 'createdAt'>): AnswerFormat {
  const base = {
    id: answerId(run.requestId, 'completion'),
    object: 'text_completion' as const,
    created: Math.floor(run.createdAt.getTime() / 1_000),
    model: request.model,
  }
  const { include_usage: withUsage = false, include_obfuscation: obfuscated = false } = request.stream_options ?? {}
  const chunks = new Chunks<CompletionChunk>(base, withUsage, obfuscated)
  const offsets = new Map<number, number>()
  return {
    endpoint: 'completions',
    eventsOf: (event) => eventsOf(event, request, chunks, offsets),
    bodyOf: (events) => bodyOf(events, request, base),
  }
}

type Base = Pick<CompletionChunk, 'id' | 'created' | 'model' | 'object'>
type Choice = CompletionChunk['choices'][number]

/** `offsets`: characters sent so far by choice, for `text_offset`. */
function eventsOf(
  event: AnswerEvent,
  request: CompletionRequest,
  chunks: Chunks<CompletionChunk>,
  offsets: Map<number, number>,
): string {
  switch (event.type) {
    case 'start':
      return request.echo
        ? echoes(request)
            .map((text, index) => chunks.of(choiceOf(index, text)))
            .join('')
        : ''
    case 'text': {
      if (event.text === '' && !event.logprobs) return ''
      const offset = offsets.get(event.choice) ?? 0
      offsets.set(event.choice, offset + event.text.length)
      const logprobs = event.logprobs ? toLogprobs(event.logprobs, offset) : null
      return chunks.of({ ...choiceOf(event.choice, event.text), logprobs })
    }
    case 'finish':
      return chunks.of({ ...choiceOf(event.choice, ''), finish_reason: event.reason })
    case 'end': {
      if (!chunks.withUsage && !request.speculation.metrics) return ''
      const usage = chunks.withUsage ? { usage: toOpenAiUsage(event.usage) } : {}
      return chunks.end({ ...usage, ...metricsOf(event, request) })
    }
  }
}

function choiceOf(index: number, text: string): Choice {
  return { index, text, logprobs: null, finish_reason: null }
}

async function bodyOf(
  events: AsyncIterable<readonly AnswerEvent[]>,
  request: CompletionRequest,
  base: Base,
): Promise<Completion> {
  const { choices, end } = await collect(events)
  const prefixes = request.echo ? echoes(request) : []
  return {
    ...base,
    choices: choices.map(({ text, logprobs, finishReason }, index) => ({
      index,
      text: (prefixes[index] ?? '') + text,
      logprobs: request.logprobs === undefined ? null : toLogprobs(logprobs, 0),
      finish_reason: finishReason,
    })),
    usage: toOpenAiUsage(end.usage),
    ...metricsOf(end, request),
  }
}

/** What `echo` puts before each choice: its prompt. */
function echoes({ prompt, n }: CompletionRequest): string[] {
  return prompt.flatMap((one) => new Array<string>(n).fill('text' in one ? one.text : ''))
}

type Scored = NonNullable<Extract<AnswerEvent, { type: 'text' }>['logprobs']>

function toLogprobs(scored: Scored, offset: number): CompletionLogprobs {
  const ends: number[] = []
  for (const token of scored) ends.push((ends.at(-1) ?? offset) + token.text.length)
  return {
    tokens: scored.map((token) => token.text),
    token_logprobs: scored.map((token) => token.logprob),
    top_logprobs: scored.map((token) =>
      Object.fromEntries([...token.top, token].map(({ text, logprob }) => [text, logprob])),
    ),
    text_offset: [offset, ...ends.slice(0, -1)].slice(0, scored.length),
  }
}
