import { type OpenAiResponse, responseSchema } from '@foretoken/protocol'
import { sayScript } from '@foretoken/protocol/testing'
import type OpenAI from 'openai'
import { afterEach, describe, expect, it } from 'vitest'
import { Harness } from '../../testing/harness.ts'
import { ask, create, PATH, stream } from './example.ts'

let gateway: Harness
afterEach(() => gateway.close())

const weather: OpenAI.Responses.FunctionTool = {
  ...{ type: 'function', name: 'weather', description: 'Of a city', strict: false },
  parameters: { type: 'object', properties: { city: { type: 'string' } } },
}
const CALLS = ['I look.\n<tool_call>{"name":"weather","arguments":{"ci', 'ty":"Porto"}}</tool_call>']
const tools = { ...ask, tools: [weather] }

const say = (pieces: readonly string[], reason: 'stop' | 'length' = 'stop') =>
  Harness.start({ workers: [{ script: sayScript(pieces, reason), model: { toolCallForm: 'hermes' } }] })

/** What does not differ from request to request. */
const lasting = (response: OpenAiResponse | null | undefined) =>
  JSON.parse(JSON.stringify({ ...response, created_at: 0 }).replaceAll(/(resp|msg|fc|call)_[0-9a-z]{26}/g, '$1'))

describe('POST /v1/responses answers', () => {
  it('a whole response of the documented shape, named after its request', async () => {
    gateway = await say(['Two', ' did.'])
    const answer = await gateway.post(PATH, { ...ask, instructions: 'Be brief.', metadata: { a: 'b' } })
    const body = responseSchema.parse(await answer.json())
    expect(body.id.replace('resp_', 'req_')).toBe(answer.headers.get('x-request-id'))
    expect(body).toMatchObject({
      status: 'completed',
      output: [{ type: 'message', role: 'assistant', status: 'completed', content: [{ text: 'Two did.' }] }],
      usage: { output_tokens: 2, input_tokens_details: { cached_tokens: 1 } },
      instructions: 'Be brief.',
      metadata: { a: 'b' },
      store: true,
    })
    expect(gateway.worker.calls.at(-1)).toMatchObject({
      completionTokensMax: 5,
      input: {
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: ask.input },
        ],
      },
    })
    expect(gateway.usage).toMatchObject([{ endpoint: 'responses', completionTokens: 2, status: 'completed' }])
  })

  it("the same in a stream, in OpenAI's order", async () => {
    gateway = await say(['Two', ' did.'])
    const whole = await create(gateway, ask)
    const { events, text } = await stream(gateway, ask)
    expect(events.map(({ type }) => type.replace('response.', ''))).toEqual([
      ...['created', 'in_progress', 'output_item.added', 'content_part.added'],
      ...['output_text.delta', 'output_text.delta', 'output_text.done', 'content_part.done', 'output_item.done'],
      'completed',
    ])
    expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, at) => at))
    const last = events.at(-1)
    expect(lasting(last?.type === 'response.completed' ? last.response : null)).toEqual(lasting(whole))
    expect(text).not.toContain('[DONE]')
  })

  it('calls as items of their own, behind what is said before them', async () => {
    gateway = await say(CALLS)
    const whole = await create(gateway, tools)
    expect(whole.output).toMatchObject([
      { type: 'message', content: [{ text: 'I look.' }] },
      { type: 'function_call', name: 'weather', arguments: '{"city":"Porto"}', status: 'completed' },
    ])
    const { events } = await stream(gateway, tools)
    expect(events.map(({ type }) => type.replace('response.', ''))).toEqual([
      ...['created', 'in_progress', 'output_item.added', 'content_part.added', 'output_text.delta'],
      ...['output_text.done', 'content_part.done', 'output_item.done', 'output_item.added'],
      ...['function_call_arguments.delta', 'function_call_arguments.delta', 'function_call_arguments.done'],
      ...['output_item.done', 'completed'],
    ])
    const last = events.at(-1)
    expect(lasting(last?.type === 'response.completed' ? last.response : null)).toEqual(lasting(whole))
    expect(gateway.worker.calls.at(-1)?.input).toMatchObject({ tools: { functions: [{ name: 'weather' }] } })
  })

  it.each([false, true])('what a limit cut short, and says so (calls: %s)', async (calls) => {
    gateway = await say(calls ? CALLS.slice(0, 1) : ['Two'], 'length')
    const { events } = await stream(gateway, calls ? tools : ask)
    const last = events.at(-1)
    expect(last).toMatchObject({
      type: 'response.incomplete',
      response: { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } },
    })
    const output = last?.type === 'response.incomplete' ? last.response.output : []
    expect(output.at(-1)).toMatchObject({ status: 'incomplete' })
  })

  it('an empty message where the model says nothing', async () => {
    gateway = await say([])
    expect((await create(gateway, ask)).output).toMatchObject([{ type: 'message', content: [{ text: '' }] }])
  })

  it.each([false, true])(
    'scores of the tokens of its text, where they are asked for (stream: %s)',
    async (streamed) => {
      gateway = await say(['Two', ' did.'])
      const body = { ...ask, include: ['message.output_text.logprobs'], top_logprobs: 0 }
      const response = streamed ? (await stream(gateway, body)).events.at(-1) : await create(gateway, body)
      expect(JSON.stringify(response)).toContain('"logprobs":[{"token":"Two","logprob":-0.5,"bytes":[84,119,111]')
    },
  )

  it('the official client, whole and streamed', async () => {
    gateway = await say(CALLS)
    const whole = await gateway.client().responses.create(tools)
    expect(whole.output_text).toBe('I look.')
    const helper = gateway.client().responses.stream(tools)
    const pieces: string[] = []
    helper.on('response.function_call_arguments.delta', ({ delta }) => pieces.push(delta))
    const final = await helper.finalResponse()
    expect(pieces).toEqual(['{"ci', 'ty":"Porto"}'])
    expect(final.output.map(({ type }) => type)).toEqual(['message', 'function_call'])
  })

  it('JSON where text.format asks for it', async () => {
    gateway = await say(['{}'])
    const schema = { type: 'object', properties: {}, additionalProperties: false }
    const constraintOf = async (format: object) => {
      await create(gateway, { ...ask, text: { format } })
      return gateway.worker.calls.at(-1)?.constraint
    }
    expect(await constraintOf({ type: 'json_schema', name: 'a', schema, strict: true })).toEqual({
      param: 'text.format.schema',
      source: { kind: 'json', schema: JSON.stringify(schema) },
    })
    expect(await constraintOf({ type: 'json_object' })).toMatchObject({ param: 'text.format' })
    expect(await constraintOf({ type: 'text' })).toBeUndefined()
  })

  it.each<[string, object]>([
    [PATH, { input: 'a' }],
    ['/v1/chat/completions', { messages: [{ role: 'user', content: 'a' }] }],
    ['/v1/completions', { prompt: 'a' }],
  ])('a stream whose events have few sizes, where it is asked for: %s', async (path, asked) => {
    gateway = await say(['Yes', ', but there are 👍 more of them than fit into a word.', ' '.repeat(300)])
    const sizes = async (include_obfuscation: boolean) => {
      const body = { model: 'scripted', ...asked, stream: true, stream_options: { include_obfuscation } }
      const events = (await (await gateway.post(path, body)).text()).split(/(?<=\n\n)/)
      return events.filter((event) => !event.includes('[DONE]')).map((event) => Buffer.byteLength(event))
    }
    for (const bytes of await sizes(true)) expect(Math.log2(bytes) % 1).toBe(0)
    expect((await sizes(false)).every((bytes) => Math.log2(bytes) % 1 === 0)).toBe(false)
  })
})
