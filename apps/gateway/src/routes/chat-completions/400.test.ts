import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectError } from '../../testing/errors.ts'
import { Harness } from '../../testing/harness.ts'
import { chat, PATH } from './example.ts'

let gateway: Harness
beforeAll(async () => {
  gateway = await Harness.start()
})
afterAll(() => gateway.close())

describe('POST /v1/chat/completions refuses', () => {
  it.each([
    ['', 'invalid_json', null],
    ['{"model":', 'invalid_json', null],
    ['null', 'invalid_type', null],
    ['[]', 'invalid_type', null],
    ['{}', 'missing_required_parameter', 'model'],
  ])('the body %j', async (body, code, param) => {
    await expectError(await gateway.post(PATH, body), 400, code, param)
  })

  it('broken UTF-8 and text that is no JSON without quoting it', async () => {
    const answer = await gateway.post(PATH, 'SECRET PROMPT')
    expect((await expectError(answer, 400, 'invalid_json')).message).not.toContain('SECRET')
    expect(gateway.logs).not.toContain('SECRET')
  })

  it.each([
    [{ foo: 1 }, 'unknown_parameter', 'foo'],
    [{ tools: [{ type: 'function' }] }, 'unsupported_parameter', 'tools'],
    [{ temperature: 'hot' }, 'invalid_type', 'temperature'],
    [{ temperature: 3 }, 'invalid_value', 'temperature'],
    [{ messages: [{ role: 'user', content: 1 }] }, 'invalid_type', 'messages[0].content'],
  ])('%j, naming the parameter', async (change, code, param) => {
    await expectError(await gateway.post(PATH, { ...chat, ...change }), 400, code, param)
  })

  it.each([false, true])('what the worker declines, with a status also for streams (stream: %s)', async (stream) => {
    const long = { ...chat, stream, messages: [{ role: 'user', content: 'word '.repeat(600) }] }
    await expectError(await gateway.post(PATH, long), 400, 'context_length_exceeded', 'messages')
    const arm = { ...chat, stream, speculation: { arm: 'adaptive' } }
    await expectError(await gateway.post(PATH, arm), 400, 'invalid_value', 'speculation.arm')
    expect(gateway.logs).not.toMatch(/"level":"(warn|error)"/)
  })

  it.each([false, true])('a schema that the worker can not keep, naming it (stream: %s)', async (stream) => {
    const json_schema = { name: 'thing', schema: { not: { type: 'null' } } }
    const body = { ...chat, stream, response_format: { type: 'json_schema', json_schema } }
    const param = 'response_format.json_schema.schema'
    const error = await expectError(await gateway.post(PATH, body), 400, 'invalid_value', param)
    expect(error.message).toBe(`Invalid value for '${param}': the keyword 'not' is not supported.`)
  })

  it('structured outputs where no worker has what they need', async () => {
    const { script } = gateway.worker
    gateway.worker.script = async function* () {
      yield { type: 'error', error: { code: 'structured_outputs_unavailable', message: 'no addon', param: 'x.y' } }
    }
    const body = { ...chat, structured_outputs: { choice: ['a'] } }
    const error = await expectError(await gateway.post(PATH, body), 400, 'structured_outputs_unavailable', 'x.y')
    expect(error.message).toContain('addon')
    gateway.worker.script = script
  })

  it('in a way that the official client understands', async () => {
    const failed = gateway.client().chat.completions.create({ ...chat, temperature: 9 })
    await expect(failed).rejects.toMatchObject({ status: 400, code: 'invalid_value', param: 'temperature' })
  })
})
