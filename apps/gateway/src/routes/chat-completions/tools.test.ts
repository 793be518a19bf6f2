import { setTimeout as sleep } from 'node:timers/promises'
import { chatCompletionChunkSchema, chatCompletionSchema } from '@foretoken/protocol'
import { type Script, sayScript } from '@foretoken/protocol/testing'
import type OpenAI from 'openai'
import { afterEach, describe, expect, it } from 'vitest'
import { expectError } from '../../testing/errors.ts'
import { Harness } from '../../testing/harness.ts'
import { PATH } from './example.ts'

let gateway: Harness
afterEach(() => gateway.close())

const weather: OpenAI.ChatCompletionFunctionTool = {
  type: 'function',
  function: {
    name: 'weather',
    description: 'Of a city, now',
    parameters: { type: 'object', properties: { city: { type: 'string' } } },
  },
}
const chat = {
  model: 'scripted',
  messages: [{ role: 'user' as const, content: 'Rain in Lisbon and Porto?' }],
  tools: [weather],
}
const TWO = [
  ...[
    'Let me',
    ' see.',
    '\n<tool',
    '_call>\n{"name": "wea',
    'ther", "arguments": {"ci',
    'ty": "Lisbon"}',
    '}\n</tool_',
  ],
  ...['call>\n', '<tool_call>{"name":"weather","arguments":{"city":"Por', 'to"}}</tool_call>'],
]

const start = (pieces: readonly string[], more: { script?: Script; workers?: number } = {}) => {
  const worker = { script: more.script ?? sayScript(pieces), model: { toolCallForm: 'hermes' as const } }
  const workers = Array.from({ length: more.workers ?? 1 }, () => worker)
  return Harness.start({ workers, limits: { workerPollMs: 5, resumeMsMax: 20_000 } })
}

describe('POST /v1/chat/completions with tools', () => {
  it('answers with what the model calls, and with what it says beside it', async () => {
    gateway = await start(TWO)
    const answer = await gateway.post(PATH, { ...chat, n: 2 })
    const { choices } = chatCompletionSchema.parse(await answer.json())
    expect(choices[0]).toMatchObject({
      message: {
        content: 'Let me see.',
        tool_calls: [
          { type: 'function', function: { name: 'weather', arguments: '{"city": "Lisbon"}' } },
          { type: 'function', function: { name: 'weather', arguments: '{"city":"Porto"}' } },
        ],
      },
      finish_reason: 'tool_calls',
    })
    const ids = choices.flatMap(({ message }) => message.tool_calls?.map(({ id }) => id))
    const request = answer.headers.get('x-request-id')?.replace('req_', '')
    expect(ids).toEqual(['0_0', '0_1', '1_0', '1_1'].map((place) => `call_${request}_${place}`))
  })

  it('says nothing beside calls as null, as OpenAI does', async () => {
    gateway = await start(TWO.slice(2))
    const { choices } = await gateway.client().chat.completions.create(chat)
    expect(choices[0]?.message.content).toBeNull()
  })

  it("streams calls as OpenAI's helper puts them together, their arguments in pieces", async () => {
    gateway = await start(TWO)
    const whole = await gateway.client().chat.completions.create(chat)
    const stream = gateway.client().chat.completions.stream(chat)
    const pieces: string[] = []
    stream.on('tool_calls.function.arguments.delta', ({ arguments_delta }) => pieces.push(arguments_delta))
    const final = await stream.finalChatCompletion()
    const withoutIds = ({ choices }: OpenAI.ChatCompletion) =>
      choices.map(({ message, finish_reason }) => ({
        content: message.content,
        calls: message.tool_calls?.map(
          (call) => call.type === 'function' && [call.function.name, call.function.arguments],
        ),
        finish_reason,
      }))
    expect(withoutIds(final)).toEqual(withoutIds(whole))
    expect(pieces.filter((piece) => piece !== '')).toEqual(['{"ci', 'ty": "Lisbon"}', '{"city":"Por', 'to"}'])
  })

  it('names a call in its first delta only', async () => {
    gateway = await start(TWO)
    const text = await (await gateway.post(PATH, { ...chat, stream: true })).text()
    const events = text.trimEnd().split('\n\n').slice(0, -1)
    const chunks = events.map((event) => chatCompletionChunkSchema.parse(JSON.parse(event.slice(6))))
    const deltas = chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? [])
    expect(deltas.map(({ index, id, type }) => [index, id !== undefined, type])).toEqual([
      [0, true, 'function'],
      [0, false, undefined],
      [0, false, undefined],
      [1, true, 'function'],
      [1, false, undefined],
      [1, false, undefined],
    ])
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('tool_calls')
  })

  it('allows one call where calls may not be parallel', async () => {
    gateway = await start(TWO)
    const { choices } = await gateway.client().chat.completions.create({ ...chat, parallel_tool_calls: false })
    expect(choices[0]?.message.tool_calls).toHaveLength(1)
  })

  it('cut short by a limit says so, and gives what there is of the call', async () => {
    gateway = await start([], { script: sayScript(TWO.slice(0, 5), 'length') })
    const { choices } = await gateway.client().chat.completions.create(chat)
    expect(choices[0]).toMatchObject({
      finish_reason: 'length',
      message: { tool_calls: [{ function: { name: 'weather', arguments: '{"ci' } }] },
    })
  })

  it('gives a call of a function that does not exist as text', async () => {
    gateway = await start(['<tool_call>{"name":"rm","arguments":{}}</tool_call>'])
    const { choices } = await gateway.client().chat.completions.create(chat)
    expect(choices[0]?.message).toMatchObject({ content: '<tool_call>{"name":"rm","arguments":{}}</tool_call>' })
    expect(choices[0]?.finish_reason).toBe('stop')
  })

  it.each([false, true])('scores the tokens of calls as well (stream: %s)', async (stream) => {
    gateway = await start(TWO)
    const body = { ...chat, logprobs: true }
    const final = stream
      ? await gateway.client().chat.completions.stream(body).finalChatCompletion()
      : await gateway.client().chat.completions.create(body)
    expect(final.choices[0]?.logprobs?.content?.map(({ token }) => token)).toEqual(TWO)
  })

  it('tells the worker of tools, calls and results; of no tools where none may be called', async () => {
    gateway = await start(['Sunny.'])
    const call = { id: 'call_a', type: 'function' as const, function: { name: 'weather', arguments: '{}' } }
    const messages: OpenAI.ChatCompletionMessageParam[] = [
      ...chat.messages,
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: 'call_a', content: [{ type: 'text', text: 'dry' }] },
    ]
    await gateway.client().chat.completions.create({ ...chat, messages })
    expect(gateway.worker.calls.at(-1)?.input).toEqual({
      kind: 'chat',
      messages: [
        chat.messages[0],
        { role: 'assistant', content: '', toolCalls: [{ id: 'call_a', name: 'weather', arguments: '{}' }] },
        { role: 'tool', content: 'dry', toolCallId: 'call_a' },
      ],
      tools: {
        functions: [{ ...weather.function, strict: false, param: 'tools[0].function.parameters' }],
        required: false,
        parallel: true,
      },
    })
    await gateway.client().chat.completions.create({ ...chat, tool_choice: 'none' })
    expect(gateway.worker.calls.at(-1)?.input).toEqual({ kind: 'chat', messages: chat.messages })
  })

  it.each<[OpenAI.ChatCompletionToolChoiceOption, object]>([
    ['required', { required: true, parallel: true }],
    [
      { type: 'function', function: { name: 'weather' } },
      { required: true, only: 'weather', parallel: false },
    ],
  ])('tells the worker that a call is wanted: %j', async (tool_choice, tools) => {
    gateway = await start(TWO)
    await gateway.client().chat.completions.create({ ...chat, tool_choice })
    expect(gateway.worker.calls.at(-1)?.input).toMatchObject({ tools })
  })

  it('is refused for a model that can not be told of tools, by its name', async () => {
    gateway = await Harness.start()
    const error = await expectError(await gateway.post(PATH, chat), 400, 'tools_unsupported', 'tools')
    expect(error.message).toContain('`scripted`')
    await expectError(await gateway.post(PATH, { ...chat, model: 'other' }), 404, 'model_not_found', 'model')
  })

  it('goes on at another worker with the same calls and the same ids', async () => {
    gateway = await start(TWO, { workers: 2 })
    const read = async () => {
      const answer = await gateway.post(PATH, { ...chat, stream: true })
      const id = answer.headers.get('x-request-id')?.replace('req_', '') ?? ''
      return (await answer.text()).replaceAll(id, 'ID').replaceAll(/"created":\d+/g, '')
    }
    const undisturbed = await read()
    for (let acts = 1; acts <= TWO.length; acts++) {
      let broken = 0
      const breaking: Script = async function* (call, signal) {
        let played = 0
        for await (const act of sayScript(TWO)(call, signal)) {
          if (broken === 0 && played++ === acts) {
            broken++
            yield { type: 'crash' }
            await sleep(60_000, undefined, { signal })
          }
          yield act
        }
      }
      for (const worker of gateway.workers) worker.script = breaking
      expect(await read()).toBe(undisturbed)
      expect(broken).toBe(1)
    }
  })
})
