import { completionChunkSchema, completionSchema } from '@foretoken/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually, Harness } from '../../testing/harness.ts'
import { completion, PATH } from './example.ts'

let gateway: Harness
beforeAll(async () => {
  gateway = await Harness.start({ workers: [{}, {}] })
})
afterAll(() => gateway.close())

describe('POST /v1/completions answers', () => {
  it('a whole completion of the documented shape', async () => {
    const answer = await gateway.post(PATH, completion)
    const body = completionSchema.parse(await answer.json())
    expect(body).toMatchObject({ object: 'text_completion', choices: [{ index: 0, finish_reason: 'length' }] })
    expect(body.id).toMatch(/^cmpl-[0-9a-z]{26}$/)
  })

  it('several prompts with n choices each, in order, with one row of usage', async () => {
    gateway.memory.usage.clear()
    const answer = await gateway.post(PATH, {
      ...completion,
      prompt: ['a', 'b c'],
      n: 2,
      speculation: { metrics: true },
    })
    const body = completionSchema.parse(await answer.json())
    expect(body.choices.map((choice) => choice.index)).toEqual([0, 1, 2, 3])
    expect(body.usage).toMatchObject({ prompt_tokens: 3, completion_tokens: 16 })
    expect(body.metrics?.speculative_decoding).toMatchObject({ num_spec_steps: 8, acceptance_histogram: [2, 0, 6] })
    const row = { endpoint: 'completions', promptTokens: 3, completionTokens: 16, status: 'completed' }
    await eventually(() => expect(gateway.usage).toMatchObject([row]))
  })

  it('the same texts in a stream as in one piece', async () => {
    const request = { ...completion, prompt: ['a', 'b'], n: 2 }
    const whole = await gateway.client().completions.create(request)
    const stream = await gateway.client().completions.create({ ...request, stream: true })
    const texts = ['', '', '', '']
    for await (const chunk of stream) {
      completionChunkSchema.parse(chunk)
      for (const choice of chunk.choices) texts[choice.index] += choice.text
    }
    expect(texts).toEqual(whole.choices.map((choice) => choice.text))
  })

  it.each([false, true])('the prompt first when asked to echo (stream: %s)', async (stream) => {
    const request = { ...completion, prompt: ['a>', 'b>'], echo: true }
    const texts = ['', '']
    if (stream) {
      for await (const chunk of await gateway.client().completions.create({ ...request, stream })) {
        for (const choice of chunk.choices) texts[choice.index] += choice.text
      }
    } else {
      const whole = await gateway.client().completions.create(request)
      for (const choice of whole.choices) texts[choice.index] += choice.text
    }
    expect(texts.map((text) => text.slice(0, 2))).toEqual(['a>', 'b>'])
    expect(texts[0]?.length).toBeGreaterThan(2)
  })

  it('logprobs with the offset of each token in the text', async () => {
    const { choices } = await gateway.client().completions.create({ ...completion, logprobs: 1 })
    const { tokens = [], text_offset: offsets = [] } = choices[0]?.logprobs ?? {}
    expect(tokens.map((token, at) => choices[0]?.text.startsWith(token, offsets[at]))).toEqual(tokens.map(() => true))
    const stream = await gateway.client().completions.create({ ...completion, logprobs: 1, stream: true })
    const streamed: number[] = []
    for await (const chunk of stream) streamed.push(...(chunk.choices[0]?.logprobs?.text_offset ?? []))
    expect(streamed).toEqual(offsets)
  })

  it('prompts of token ids', async () => {
    const answer = await gateway.post(PATH, { ...completion, prompt: [[5, 6], [7]] })
    expect(completionSchema.parse(await answer.json()).usage.prompt_tokens).toBe(3)
  })
})
