import { sayScript } from '@foretoken/protocol/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { expectError } from '../../testing/errors.ts'
import { Harness, TENANT } from '../../testing/harness.ts'
import { ask, create, PATH, stream } from './example.ts'

let gateway: Harness
beforeEach(async () => {
  gateway = await Harness.start({
    workers: [{ script: sayScript(['Two', ' did.']), model: { toolCallForm: 'hermes' } }],
  })
  gateway.memory.keys.set('ftk_other', { ...TENANT, keyId: 'key_other', tenantId: 'ten_other' })
})
afterEach(() => gateway.close())

const messages = () => {
  const { input } = gateway.worker.calls.at(-1) ?? {}
  return input?.kind === 'chat' ? input.messages : []
}
const other = { headers: { authorization: 'Bearer ftk_other' } }
const weather = { type: 'function', name: 'weather', parameters: { type: 'object', properties: {} } }

describe('a stored response', () => {
  it('is gone on from, with all that came before it, but without its instructions', async () => {
    const first = await create(gateway, { ...ask, instructions: 'Be brief.' })
    const { events } = await stream(gateway, { ...ask, input: 'Who?', previous_response_id: first.id })
    const last = events.at(-1)
    const second = last?.type === 'response.completed' ? last.response.id : ''
    await create(gateway, { ...ask, input: 'When?', instructions: 'Be kind.', previous_response_id: second })
    expect(messages()).toEqual([
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: ask.input },
      { role: 'assistant', content: 'Two did.' },
      { role: 'user', content: 'Who?' },
      { role: 'assistant', content: 'Two did.' },
      { role: 'user', content: 'When?' },
    ])
  })

  it('gives its calls to the outputs that answer them', async () => {
    gateway.worker.script = sayScript(['<tool_call>{"name":"weather","arguments":{}}</tool_call>'])
    const first = await create(gateway, { ...ask, tools: [weather] })
    const [item] = first.output
    const call_id = item?.type === 'function_call' ? item.call_id : ''
    const output = { type: 'function_call_output', call_id, output: [{ type: 'input_text', text: 'dry' }] }
    await create(gateway, { ...ask, input: [output], tools: [weather], previous_response_id: first.id })
    expect(messages().slice(1)).toEqual([
      { role: 'assistant', content: '', toolCalls: [{ id: call_id, name: 'weather', arguments: '{}' }] },
      { role: 'tool', content: 'dry', toolCallId: call_id },
    ])
  })

  it('is known by its items, for clients that send ids in their place', async () => {
    const first = await create(gateway, ask)
    const id = first.output[0]?.id
    await create(gateway, {
      ...ask,
      input: [
        { role: 'user', content: 'a' },
        { type: 'item_reference', id },
        { role: 'user', content: 'b' },
      ],
    })
    expect(messages().map(({ content }) => content)).toEqual(['a', 'Two did.', 'b'])
    const foreign = await gateway.post(PATH, { ...ask, input: [{ id }] }, other)
    await expectError(foreign, 400, 'item_not_found', 'input[0].id')
  })

  it('can be had again, and be deleted, by its tenant alone', async () => {
    const first = await create(gateway, ask)
    const path = `${PATH}/${first.id}`
    expect(await (await gateway.fetch(path)).json()).toEqual(first)
    expect(await gateway.client().responses.retrieve(first.id)).toMatchObject({ id: first.id, output_text: 'Two did.' })
    const missing = await expectError(await gateway.fetch(`${PATH}/resp_none`), 404, 'response_not_found')
    for (const method of ['GET', 'DELETE']) {
      const error = await expectError(await gateway.fetch(path, { method, ...other }), 404, 'response_not_found')
      expect(error.message).toBe(missing.message.replace('resp_none', first.id))
    }
    const stolen = await gateway.post(PATH, { ...ask, previous_response_id: first.id }, other)
    await expectError(stolen, 400, 'previous_response_not_found', 'previous_response_id')
    await gateway.client().responses.delete(first.id)
    await expectError(await gateway.fetch(path), 404, 'response_not_found')
    expect(gateway.memory.responses.size).toBe(0)
  })

  it('that is deleted takes the beginning from what went on from it', async () => {
    const first = await create(gateway, ask)
    const second = await create(gateway, { ...ask, previous_response_id: first.id })
    await gateway.client().responses.delete(first.id)
    const third = await gateway.post(PATH, { ...ask, previous_response_id: second.id })
    await expectError(third, 400, 'previous_response_not_found', 'previous_response_id')
  })

  it('is gone on from as far as a request could say it itself', async () => {
    await gateway.close()
    gateway = await Harness.start({ limits: { bodyBytesMax: 1_500 } })
    let previous_response_id: string | undefined
    for (let turn = 0; turn < 3; turn++) {
      const body: object = { ...ask, input: 'w'.repeat(1_100), previous_response_id }
      const answer = await gateway.post(PATH, body)
      if (turn === 2) await expectError(answer, 400, 'context_length_exceeded', 'previous_response_id')
      else previous_response_id = z.looseObject({ id: z.string() }).parse(await answer.json()).id
    }
  })

  it('is stored unless that is not wanted', async () => {
    const { id, store } = await create(gateway, { ...ask, store: false })
    expect(store).toBe(false)
    await expectError(await gateway.fetch(`${PATH}/${id}`), 404, 'response_not_found')
    expect(gateway.memory.responses.size).toBe(0)
  })

  it('that the database does not take is answered, and says that it is not stored', async () => {
    gateway.memory.outage = new Error('down')
    gateway.memory.authenticate = async () => TENANT
    const response = await create(gateway, ask)
    expect(response).toMatchObject({ status: 'completed', store: false })
    const next = await gateway.post(PATH, { ...ask, previous_response_id: response.id })
    await expectError(next, 503, 'storage_unavailable')
    expect(gateway.logs).toContain('response not stored')
    expect(gateway.logs).not.toContain(ask.input)
  })
})
