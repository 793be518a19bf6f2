import { chatCompletionChunkSchema, chatCompletionSchema } from '@foretoken/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually, Harness } from '../../testing/harness.ts'
import { chat, PATH } from './example.ts'

let gateway: Harness
beforeAll(async () => {
  gateway = await Harness.start()
})
afterAll(() => gateway.close())

describe('POST /v1/chat/completions answers', () => {
  it('a whole completion of the documented shape', async () => {
    const answer = await gateway.post(PATH, { ...chat, n: 2 })
    expect(answer.status).toBe(200)
    const body = chatCompletionSchema.parse(await answer.json())
    expect(body.id.replace('chatcmpl-', 'req_')).toBe(answer.headers.get('x-request-id'))
    expect(body.choices.map(({ index, finish_reason }) => [index, finish_reason])).toEqual([
      [0, 'length'],
      [1, 'length'],
    ])
    expect(body.usage).toMatchObject({ completion_tokens: 10, prompt_tokens_details: { cached_tokens: 1 } })
    expect(body.metrics).toBeUndefined()
  })

  it('the same text in a stream as in one piece', async () => {
    const whole = await gateway.client().chat.completions.create({ ...chat, n: 2 })
    const stream = await gateway.client().chat.completions.create({ ...chat, n: 2, stream: true })
    const texts = ['', '']
    for await (const chunk of stream) {
      chatCompletionChunkSchema.parse(chunk)
      for (const { index, delta } of chunk.choices) texts[index] += delta.content ?? ''
    }
    expect(texts).toEqual(whole.choices.map((choice) => choice.message.content))
    expect(texts[0]).not.toBe(texts[1])
  })

  it('a stream that the official helper assembles', async () => {
    const stream = gateway.client().chat.completions.stream({ ...chat, stream_options: { include_usage: true } })
    const final = await stream.finalChatCompletion()
    expect(final.choices[0]?.message.role).toBe('assistant')
    expect(final.usage?.total_tokens).toBe(5 + (final.usage?.prompt_tokens ?? 0))
  })

  it('usage in the last chunk only, null before, and [DONE] at the end', async () => {
    const answer = await gateway.post(PATH, { ...chat, stream: true, stream_options: { include_usage: true } })
    expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    const events = (await answer.text()).trimEnd().split('\n\n')
    expect(events.at(-1)).toBe('data: [DONE]')
    const chunks = events.slice(0, -1).map((event) => chatCompletionChunkSchema.parse(JSON.parse(event.slice(6))))
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 5 } })
    expect(chunks.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true)
  })

  it('logprobs with as many alternatives as asked for', async () => {
    const whole = await gateway.client().chat.completions.create({ ...chat, logprobs: true, top_logprobs: 2 })
    const content = whole.choices[0]?.logprobs?.content ?? []
    expect(content).toHaveLength(5)
    expect(content[0]?.top_logprobs).toHaveLength(2)
    expect(content.map((token) => token.token).join('')).toBe(whole.choices[0]?.message.content)
  })

  it.each([false, true])('metrics of speculation when asked for (stream: %s)', async (stream) => {
    const answer = await gateway.post(PATH, { ...chat, stream, speculation: { arm: 'suffix', metrics: true } })
    const text = await answer.text()
    const last = stream ? text.trimEnd().split('\n\n').at(-2)?.slice(6) : text
    expect(JSON.parse(last ?? '').metrics.speculative_decoding).toMatchObject({
      mean_acceptance_length: 2.5,
      arm_shares: { suffix: 0.75, none: 0.25 },
    })
    expect(gateway.worker.calls.at(-1)?.speculation).toEqual({ arm: 'suffix' })
  })

  it('what the worker needs, in its words', async () => {
    await gateway.post(PATH, {
      ...chat,
      messages: [{ role: 'developer', content: [{ type: 'text', text: 'be brief' }] }, ...chat.messages],
      seed: -1,
      top_k: -1,
      stop: ';',
      logit_bias: { 50: -100 },
      max_tokens: undefined,
      max_completion_tokens: 7,
    })
    expect(gateway.worker.calls.at(-1)).toMatchObject({
      tenant: 'ten_test',
      input: { kind: 'chat', messages: [{ role: 'system', content: 'be brief' }, ...chat.messages] },
      completionTokensMax: 7,
      sampling: { temperature: 1, topK: 0, seed: '18446744073709551615', logitBias: { 50: -100 } },
      stopStrings: [';'],
    })
  })

  it('what the text may be, as the worker reads it', async () => {
    const schema = { type: 'object', properties: { z: { const: 1 }, a: { const: 2 } } }
    const json_schema = { name: 'thing', strict: true, schema }
    await gateway.post(PATH, { ...chat, response_format: { type: 'json_schema', json_schema } })
    expect(gateway.worker.calls.at(-1)?.constraint).toEqual({
      param: 'response_format.json_schema.schema',
      source: { kind: 'json', schema: JSON.stringify(schema) },
    })
    await gateway.post(PATH, { ...chat, response_format: { type: 'text' } })
    expect(gateway.worker.calls.at(-1)).not.toHaveProperty('constraint')
  })

  it("a client's own request id with an echo, and names the usage row by ours", async () => {
    gateway.memory.usage.clear()
    for (let time = 0; time < 2; time++) {
      const answer = await gateway.post(PATH, chat, { headers: { 'x-request-id': 'mine-1' } })
      expect(answer.headers.get('x-request-id')).toBe('mine-1')
      expect(answer.headers.get('x-foretoken-request-id')).toMatch(/^req_[0-9a-z]{26}$/)
    }
    await eventually(() => expect(gateway.usage).toHaveLength(2))
  })
})
