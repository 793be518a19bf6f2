import { detokenizeResponseSchema, tokenizeResponseSchema } from '@foretoken/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { expectError } from '../../testing/errors.ts'
import { eventually, Harness, TENANT } from '../../testing/harness.ts'

let gateway: Harness
beforeEach(async () => {
  gateway = await Harness.start({ workers: [{}, {}] })
})
afterEach(() => gateway.close())

const messages = [
  { role: 'developer', content: 'be brief' },
  { role: 'user', content: [{ type: 'text', text: 'one two three' }] },
]
const tokenize = async (body: object) =>
  tokenizeResponseSchema.parse(await (await gateway.post('/tokenize', body)).json())

describe('POST /tokenize and /detokenize', () => {
  it('answer 200: a prompt as tokens, and tokens as the prompt', async () => {
    await gateway.workers[1]?.close()
    const { tokens, ...rest } = await tokenize({ model: 'scripted', prompt: 'one two one' })
    expect(rest).toEqual({ count: 3, max_model_len: 512, token_strs: null })
    const answer = await gateway.post('/detokenize', { model: 'scripted', tokens })
    expect(detokenizeResponseSchema.parse(await answer.json())).toEqual({ prompt: 'one two one' })
    expect(await tokenize({ prompt: '', add_special_tokens: false })).toMatchObject({ count: 0, tokens: [] })
  })

  it('answer 200 for a conversation, its tokens written out where asked for, without a model named', async () => {
    const said = await tokenize({ messages, return_token_strs: true })
    expect(said).toMatchObject({ count: 5, token_strs: ['be', ' brief', ' one', ' two', ' three'] })
  })

  it('tell the model of tools as a request to generate does', async () => {
    const tools = [{ type: 'function', function: { name: 'list_names' } }]
    const body = { model: 'scripted', messages, tools }
    await expectError(await gateway.post('/tokenize', body), 400, 'tools_unsupported', 'tools')
    const able = await Harness.start({ workers: [{ model: { toolCallForm: 'hermes' } }] })
    const answer = await able.post('/tokenize', body)
    expect(tokenizeResponseSchema.parse(await answer.json())).toMatchObject({ count: 5 })
    await able.close()
  })

  it.each([
    ['/tokenize', {}, 'missing_required_parameter', 'prompt'],
    ['/tokenize', { prompt: 1 }, 'invalid_type', 'prompt'],
    ['/tokenize', { prompt: 'a', messages }, 'invalid_parameter_combination', 'prompt'],
    [
      '/tokenize',
      { prompt: 'a', add_generation_prompt: true },
      'invalid_parameter_combination',
      'add_generation_prompt',
    ],
    ['/tokenize', { messages, add_special_tokens: true }, 'invalid_parameter_combination', 'add_special_tokens'],
    [
      '/tokenize',
      { messages: [{ role: 'tool', content: '' }] },
      'missing_required_parameter',
      'messages[0].tool_call_id',
    ],
    ['/tokenize', { messages: [{ role: 'function', content: '' }] }, 'unsupported_value', 'messages[0].role'],
    [
      '/tokenize',
      { prompt: 'a', tools: [{ type: 'function', function: { name: 'f' } }] },
      'invalid_parameter_combination',
      'tools',
    ],
    ['/tokenize', { prompt: 'a', other: 1 }, 'unknown_parameter', 'other'],
    ['/detokenize', {}, 'missing_required_parameter', 'tokens'],
    ['/detokenize', { tokens: [-1] }, 'invalid_value', 'tokens[0]'],
    ['/detokenize', { tokens: [999_999] }, 'invalid_value', 'tokens[0]'],
  ])('%s answers 400 to %j', async (path, body, code, param) => {
    await expectError(await gateway.post(path, body), 400, code, param)
  })

  it.each(['/tokenize', '/detokenize'])('%s answers 401, 403, 404, 405 and 503 as inference does', async (path) => {
    const body = path === '/tokenize' ? { prompt: 'a' } : { tokens: [] }
    const as = (key: string) => ({ headers: { authorization: `Bearer ${key}` } })
    await expectError(await gateway.post(path, body, as('ftk_wrong')), 401, 'invalid_api_key')
    gateway.memory.keys.set('ftk_finance', { ...TENANT, scopes: ['usage:read'] })
    await expectError(await gateway.post(path, body, as('ftk_finance')), 403, 'missing_scope')
    await expectError(await gateway.post(path, { ...body, model: 'other' }), 404, 'model_not_found', 'model')
    await expectError(await gateway.fetch(path), 405, 'method_not_supported')
    await Promise.all(gateway.workers.map((worker) => worker.close()))
    await expectError(await gateway.post(path, body), 503, 'no_worker')
    await eventually(() => expect(gateway.services.workers.someReady).toBe(false))
    await expectError(await gateway.post(path, body), 503, 'no_worker')
  })
})
