import { setTimeout as sleep } from 'node:timers/promises'
import { sayScript } from '@foretoken/protocol/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { expectError } from '../../testing/errors.ts'
import { Harness } from '../../testing/harness.ts'
import { ask, PATH, stream } from './example.ts'

let gateway: Harness
beforeEach(async () => {
  gateway = await Harness.start({ workers: [{ script: sayScript(['Hi']), model: { toolCallForm: 'hermes' } }] })
})
afterEach(() => gateway.close())

const output = { type: 'function_call_output', call_id: 'call_1', output: 'dry' }
const weather = { type: 'function', name: 'weather' }

describe('POST /v1/responses refuses', () => {
  it.each<[Record<string, unknown>, string, string]>([
    [{ input: undefined }, 'missing_required_parameter', 'input'],
    [{ input: [] }, 'invalid_value', 'input'],
    [{ input: 5 }, 'invalid_type', 'input'],
    [{ input: [{ role: 'king', content: 'a' }] }, 'invalid_value', 'input[0].role'],
    [
      { input: [{ role: 'user', content: [{ type: 'input_image' }] }] },
      'unsupported_value',
      'input[0].content[0].type',
    ],
    [{ input: [{ type: 'reasoning', id: 'rs_1' }] }, 'unsupported_value', 'input[0].type'],
    [{ input: [{ type: 'riddle' }] }, 'invalid_value', 'input[0].type'],
    [{ input: [{}] }, 'missing_required_parameter', 'input[0].type'],
    [{ input: [{ role: 'user', content: 'a' }, output] }, 'invalid_value', 'input[1].call_id'],
    [{ input: [{ id: 'msg_none_0' }] }, 'item_not_found', 'input[0].id'],
    [{ previous_response_id: 'resp_none' }, 'previous_response_not_found', 'previous_response_id'],
    [{ background: true }, 'unsupported_parameter', 'background'],
    [{ conversation: 'conv_1' }, 'unsupported_parameter', 'conversation'],
    [{ prompt: { id: 'pmpt_1' } }, 'unsupported_parameter', 'prompt'],
    [{ reasoning: { effort: 'high' } }, 'unsupported_parameter', 'reasoning'],
    [{ truncation: 'auto' }, 'unsupported_parameter', 'truncation'],
    [{ n: 2 }, 'unknown_parameter', 'n'],
    [{ tools: [{ type: 'web_search' }] }, 'unsupported_value', 'tools[0].type'],
    [{ tools: [weather, weather] }, 'invalid_value', 'tools[1].name'],
    [{ tools: [weather], tool_choice: { type: 'function', name: 'time' } }, 'invalid_value', 'tool_choice.name'],
    [{ top_logprobs: 2 }, 'invalid_parameter_combination', 'top_logprobs'],
    [{ text: { format: { type: 'json_schema', name: 'a' } } }, 'invalid_parameter_combination', 'text.format.schema'],
    [{ stream_options: {} }, 'invalid_parameter_combination', 'stream_options'],
  ])('%j, naming the parameter', async (change, code, param) => {
    await expectError(await gateway.post(PATH, { ...ask, ...change }), 400, code, param)
    expect(gateway.worker.calls).toEqual([])
  })

  it.each([
    { background: false },
    { reasoning: { effort: null, summary: null } },
    { include: ['reasoning.encrypted_content'] },
    { truncation: 'disabled', service_tier: 'auto', max_tool_calls: 3 },
    { text: { format: { type: 'text' }, verbosity: 'medium' } },
    { tools: [{ ...weather, parameters: null, strict: null, description: null }] },
  ])('not %j, which asks for nothing', async (change) => {
    expect((await gateway.post(PATH, { ...ask, ...change })).status).toBe(200)
  })

  it('what the worker declines, by the name that it has here', async () => {
    await gateway.close()
    gateway = await Harness.start()
    const long = await gateway.post(PATH, { ...ask, input: 'word '.repeat(600) })
    await expectError(long, 400, 'context_length_exceeded', 'input')
  })

  it('other methods', async () => {
    expect((await gateway.fetch(PATH)).headers.get('allow')).toBe('POST')
    expect((await gateway.post(`${PATH}/resp_1`, {})).headers.get('allow')).toBe('GET, DELETE')
  })

  it('to stream a stored response', async () => {
    await expectError(await gateway.fetch(`${PATH}/resp_1?stream=true`), 400, 'unsupported_parameter', 'stream')
  })
})

describe('a response that fails', () => {
  it('before it began has a status', async () => {
    const answer = await gateway.post(PATH, { ...ask, model: 'none', stream: true })
    await expectError(answer, 404, 'model_not_found', 'model')
  })

  it('in the middle says so in an event that is its last', async () => {
    await gateway.close()
    gateway = await Harness.start({
      limits: { resumeMsMax: 0 },
      workers: [
        {
          script: async function* (call, signal) {
            for await (const act of sayScript(['Hi'])(call, signal)) {
              if (act.type === 'finish') {
                yield { type: 'crash' }
                await sleep(60_000, undefined, { signal })
              }
              yield act
            }
          },
        },
      ],
    })
    const { events } = await stream(gateway, ask)
    expect(events.at(-1)).toMatchObject({
      type: 'error',
      code: 'stream_interrupted',
      sequence_number: events.length - 1,
    })
    const failed = gateway.client().responses.stream(ask).finalResponse()
    await expect(failed).rejects.toThrow('connection to the model was lost')
    expect(gateway.memory.responses.size).toBe(0)
  })
})
