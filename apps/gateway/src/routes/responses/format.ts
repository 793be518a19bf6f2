import {
  ApiError,
  answerId,
  LOGPROBS,
  type OpenAiResponse,
  type ResponseEvent,
  type ResponsesRequest,
} from '@foretoken/protocol'
import type { AnswerEvent } from '../../generation/answer.ts'
import type { Run } from '../../idempotency/idempotency.ts'
import type { AnswerReader, ChatEvent } from '../../tools/read-answer.ts'
import { padded } from '../obfuscation.ts'
import { type AnswerFormat, metricsOf } from '../respond.ts'
import { Output, type OutputEvent } from './output.ts'

type End = Extract<ChatEvent, { type: 'end' }>

interface ResponsesFormatOptions {
  readonly request: ResponsesRequest
  readonly run: Pick<Run, 'requestId' | 'createdAt'>
  readonly reader: AnswerReader
  /** Called with what a client may come back to; false: it could not be stored. */
  store(response: OpenAiResponse): Promise<boolean>
}

/** Answers as OpenAI's responses. A stream has numbered events, each with its name, and no [DONE]. */
export function responsesFormat(options: ResponsesFormatOptions): AnswerFormat {
  const answer = new ResponseAnswer(options)
  return {
    endpoint: 'responses',
    doneEvent: '',
    eventsOf: (event) => answer.eventsOf(event),
    errorEvent: (error) => answer.errorEvent(error),
    bodyOf: (batches) => answer.whole(batches),
  }
}

class ResponseAnswer {
  private readonly output: Output
  private readonly createdAt: number
  private readonly id: string
  private number = 0
  private cutShort = false

  constructor(private readonly options: ResponsesFormatOptions) {
    const { request, run } = options
    this.id = answerId(run.requestId, 'response')
    this.createdAt = Math.floor(run.createdAt.getTime() / 1_000)
    this.output = new Output({ responseId: this.id, logprobs: request.include.includes(LOGPROBS) })
  }

  eventsOf(event: AnswerEvent): string | Promise<string> {
    if (event.type === 'end') return this.endOf(event).then((last) => this.written(last))
    return this.options.reader
      .read(event)
      .flatMap((each) => this.take(each))
      .map((each) => this.written(each))
      .join('')
  }

  errorEvent(error: ApiError): string {
    const { code, param, publicMessage: message } = error
    return this.written({ type: 'error', code, message, param })
  }

  async whole(batches: AsyncIterable<readonly AnswerEvent[]>): Promise<OpenAiResponse> {
    for await (const events of batches) {
      for (const event of events) {
        if (event.type === 'end') return (await this.endOf(event)).response
        for (const each of this.options.reader.read(event)) this.take(each)
      }
    }
    throw new ApiError('internal_error', { values: {}, internal: 'an answer without an end' })
  }

  private take(event: ChatEvent): OutputEvent[] {
    if (event.type === 'end') return []
    if (event.type === 'start') {
      const response = this.response('in_progress', null)
      return [
        { type: 'response.created', response },
        { type: 'response.in_progress', response },
      ]
    }
    if (event.type === 'finish' && event.reason === 'length') this.cutShort = true
    return this.output.take(event)
  }

  private async endOf(end: End): Promise<Extract<OutputEvent, { type: 'response.completed' | 'response.incomplete' }>> {
    const status = this.cutShort ? 'incomplete' : 'completed'
    const response = this.response(status, end)
    const stored = response.store && (await this.options.store(response))
    return { type: `response.${status}`, response: { ...response, store: stored } }
  }

  private written(event: OutputEvent): string {
    const numbered: ResponseEvent = { ...event, sequence_number: this.number++ }
    const text = `event: ${event.type}\ndata: ${JSON.stringify(numbered)}\n\n`
    return this.options.request.stream_options?.include_obfuscation ? padded(text) : text
  }

  private response(status: OpenAiResponse['status'], end: End | null): OpenAiResponse {
    const { request } = this.options
    return {
      id: this.id,
      object: 'response',
      created_at: this.createdAt,
      status,
      error: null,
      incomplete_details: status === 'incomplete' ? { reason: 'max_output_tokens' } : null,
      output: end ? this.output.items : [],
      usage: end && toUsage(end),
      ...echoOf(request),
      ...(end && metricsOf(end, request)),
    }
  }
}

function toUsage({ usage }: End): OpenAiResponse['usage'] {
  return {
    input_tokens: usage.promptTokens,
    input_tokens_details: { cached_tokens: usage.cachedTokens },
    output_tokens: usage.completionTokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: usage.promptTokens + usage.completionTokens,
  }
}

/** What a response repeats of its request. */
function echoOf(request: ResponsesRequest) {
  const choice = request.tool_choice
  return {
    instructions: request.instructions ?? null,
    max_output_tokens: request.max_output_tokens ?? null,
    model: request.model,
    parallel_tool_calls: request.parallel_tool_calls,
    previous_response_id: request.previous_response_id ?? null,
    reasoning: { effort: null, summary: null },
    store: request.store,
    temperature: request.temperature,
    text: { format: formatOf(request) },
    tool_choice: typeof choice === 'string' ? choice : { type: 'function' as const, name: choice.name },
    tools: request.tools.map(({ type, function: described }) => ({ type, ...described })),
    top_p: request.top_p,
    truncation: 'disabled' as const,
    metadata: request.metadata ?? {},
    ...(request.user !== undefined && { user: request.user }),
  }
}

function formatOf({ text }: ResponsesRequest): Record<string, unknown> {
  const { schema, ...format } = text?.format ?? { type: 'text' }
  return { ...format, ...(schema !== undefined && { schema: JSON.parse(schema) }) }
}
