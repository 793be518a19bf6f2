import { kernels } from '@foretoken/native'
import OpenAI from 'openai'
import { zodResponseFormat } from 'openai/helpers/zod'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type Platform, startPlatform } from './platform.ts'

let platform: Platform
let ready: Platform['ready']
let client: OpenAI

beforeAll(async () => {
  platform = await startPlatform()
  ;({ ready, client } = platform)
}, 120_000)

afterAll(async () => {
  expect(await platform.stop()).toBe(0)
}, 60_000)

const messages = [
  { role: 'user' as const, content: 'Table data(city, country, population)\nQuestion: How many rows are there?' },
]

function asked(more: object = {}) {
  return { model: ready.model, messages, max_tokens: 24, temperature: 0, ...more }
}

describe('the official client', () => {
  test('lists the model and streams a chat completion that equals the unstreamed one', async () => {
    const models = await client.models.list()
    expect(models.data.map(({ id }) => id)).toEqual([ready.model])
    const whole = await client.chat.completions.create(asked())
    const stream = await client.chat.completions.create({
      ...asked(),
      stream: true,
      stream_options: { include_usage: true },
    })
    let text = ''
    let usage: OpenAI.CompletionUsage | null | undefined
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? ''
      usage = chunk.usage ?? usage
    }
    expect(text.length).toBeGreaterThan(0)
    expect(text).toBe(whole.choices[0]?.message.content)
    expect(usage?.completion_tokens).toBe(whole.usage?.completion_tokens)
    expect(usage?.prompt_tokens).toBe(whole.usage?.prompt_tokens)
  })

  test('gets the same text with any arm, and the metrics that it asked for', async () => {
    const metricsSchema = z.object({
      metrics: z.object({
        speculative_decoding: z.looseObject({ mean_acceptance_length: z.number(), num_spec_steps: z.number() }),
      }),
    })
    const texts = new Set<string | null | undefined>()
    for (const speculation of [{ arm: 'none' }, { arm: 'suffix', lookahead: 4 }, { arm: 'auto' }]) {
      const body = asked({ speculation: { ...speculation, metrics: true }, temperature: 0.9, seed: 5 })
      const completion = await client.chat.completions.create(body)
      texts.add(completion.choices[0]?.message.content)
      const { metrics } = metricsSchema.parse(completion)
      expect(metrics.speculative_decoding.mean_acceptance_length).toBeGreaterThanOrEqual(1)
    }
    expect(texts.size).toBe(1)
  })

  test('may ask for an adapter that it does not have yet: the static draft serves it', async () => {
    const metricsSchema = z.object({
      metrics: z.object({ speculative_decoding: z.looseObject({ arm_shares: z.record(z.string(), z.number()) }) }),
    })
    const shares = []
    for (const arm of ['adaptive', 'static']) {
      const completion = await client.chat.completions.create(
        asked({ speculation: { arm, lookahead: 4, metrics: true } }),
      )
      shares.push(metricsSchema.parse(completion).metrics.speculative_decoding.arm_shares)
    }
    expect(shares[0]?.static).toBeGreaterThan(0)
    expect(shares[0]).not.toHaveProperty('adaptive')
    expect(Object.keys(shares[1] ?? {})).toContain('static')
  })

  test('completes text prompts', async () => {
    const completion = await client.completions.create({ model: ready.model, prompt: 'SELECT', max_tokens: 8 })
    expect(completion.choices[0]?.text.length).toBeGreaterThan(0)
    expect(completion.usage?.completion_tokens).toBeLessThanOrEqual(8)
  })

  test('may leave in the middle of a stream', async () => {
    const stream = await client.chat.completions.create({
      ...asked({ max_tokens: 300, logit_bias: { 2: -100 } }),
      stream: true,
    })
    for await (const _ of stream) break
    stream.controller.abort()
    expect((await client.chat.completions.create(asked({ max_tokens: 2 }))).usage?.completion_tokens).toBe(2)
  })
})

describe('a system prompt that comes again', () => {
  const system = {
    role: 'system' as const,
    content:
      'You answer questions about the tables of a small harbour: ships, their captains, cargo and fees. Be brief, ' +
      'name the table that you used, and write numbers as digits. If there is no such table, say so and stop.',
  }
  const about = (content: string) => ({ messages: [system, { role: 'user' as const, content }] })

  test('is not run again for its tenant, and usage says so, streamed or not; nobody else finds it', async () => {
    const ask = async (of: OpenAI, question: string) => {
      const { usage } = await of.chat.completions.create(asked(about(question)))
      return usage?.prompt_tokens_details?.cached_tokens
    }
    expect(await ask(client, 'Which ship is the oldest?')).toBe(0)
    const again = await ask(client, 'Who is captain of the Mara?')
    expect(again).toBeGreaterThan(0)

    const stream = await client.chat.completions.create({
      ...asked(about('How many ships are there?')),
      stream: true,
      stream_options: { include_usage: true },
    })
    let usage: OpenAI.CompletionUsage | null | undefined
    for await (const chunk of stream) usage = chunk.usage ?? usage
    expect(usage?.prompt_tokens_details?.cached_tokens).toBe(again)

    const { id } = z.looseObject({ id: z.string() }).parse(await platform.run('tenant', 'create', 'another'))
    const key = z.looseObject({ apiKey: z.string() }).parse(await platform.run('key', 'create', '--tenant', id))
    expect(await ask(platform.clientOf(key.apiKey), 'Which ship is the oldest?')).toBe(0)

    const totals = z.array(z.looseObject({ id: z.string(), usage: z.looseObject({ cachedTokens: z.number() }) }))
    const cachedOf = async (tenant: string) =>
      totals.parse(await platform.run('tenant', 'list')).find((each) => each.id === tenant)?.usage.cachedTokens
    await expect.poll(() => cachedOf(ready.tenant), { timeout: 30_000 }).toBeGreaterThan(2 * (again ?? 0) - 1)
    expect(await cachedOf(id)).toBe(0)
  }, 120_000)

  test('is found by text completions as well', async () => {
    const ask = async (prompt: string) => {
      const { usage } = await client.completions.create({ model: ready.model, prompt, max_tokens: 2 })
      return usage?.prompt_tokens_details?.cached_tokens
    }
    expect(await ask(`${system.content} One.`)).toBe(0)
    expect(await ask(`${system.content} Two.`)).toBeGreaterThan(0)
  })
})

describe("what is wrong is said in OpenAI's envelope", () => {
  const envelope = z.strictObject({
    error: z.strictObject({
      message: z.string(),
      type: z.string(),
      param: z.string().nullable(),
      code: z.string().nullable(),
    }),
  })

  async function post(body: string, key = ready.apiKey, endpoint = 'chat/completions') {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
    const answer = await fetch(`${ready.url}/v1/${endpoint}`, { method: 'POST', headers, body })
    const requestId = z.string().parse(answer.headers.get('x-foretoken-request-id'))
    return { status: answer.status, error: envelope.parse(await answer.json()).error, requestId }
  }

  test('a wrong key', async () => {
    const other = ready.apiKey.slice(0, -1) + (ready.apiKey.endsWith('a') ? 'b' : 'a')
    expect(await post(JSON.stringify(asked()), other)).toMatchObject({
      status: 401,
      error: { code: 'invalid_api_key' },
    })
    const stranger = new OpenAI({ baseURL: `${ready.url}/v1`, apiKey: 'sk-nothing', maxRetries: 0 })
    await expect(stranger.chat.completions.create(asked())).rejects.toBeInstanceOf(OpenAI.AuthenticationError)
  })

  test('an unknown model', async () => {
    expect(await post(JSON.stringify(asked({ model: 'gpt-none' })))).toMatchObject({
      status: 404,
      error: { code: 'model_not_found' },
    })
  })

  test('a prompt that is too long, unstreamed and streamed', async () => {
    const long = [{ role: 'user', content: 'one two three '.repeat(400) }]
    for (const stream of [false, true]) {
      expect(await post(JSON.stringify(asked({ messages: long, stream })))).toMatchObject({
        status: 400,
        error: { code: 'context_length_exceeded', param: 'messages' },
      })
    }
  })

  test('a text prompt that is too long, by the name that endpoint has for it', async () => {
    const refused = client.completions.create({
      model: ready.model,
      prompt: 'one two three '.repeat(400),
      max_tokens: 8,
    })
    await expect(refused).rejects.toMatchObject({ status: 400, code: 'context_length_exceeded', param: 'prompt' })
  })

  test('a token id that the vocabulary does not have, and no log speaks of it as a fault', async () => {
    const logged = platform.log.length
    const beyond = [
      ['chat/completions', { ...asked(), logit_bias: { 4096: 1 } }, 'logit_bias'],
      ['chat/completions', { ...asked(), logit_bias: { 4096: 1 }, stream: true }, 'logit_bias'],
      ['completions', { model: ready.model, prompt: [5, 4096] }, 'prompt'],
    ] as const
    for (const [endpoint, body, param] of beyond) {
      const { status, error, requestId } = await post(JSON.stringify(body), ready.apiKey, endpoint)
      expect({ status, code: error.code, param: error.param }).toEqual({ status: 400, code: 'invalid_value', param })
      expect(error.message).toContain('must be below 4096')
      await expect.poll(() => platform.log.filter((line) => line.includes(requestId))).toHaveLength(1)
    }
    const since = platform.log.slice(logged)
    expect(since.filter((line) => /"level":"(warn|error|fatal)"|\s+at |"stack"/.test(line))).toEqual([])
  })

  test('invalid JSON', async () => {
    expect(await post('{"model": ')).toMatchObject({ status: 400, error: { type: 'invalid_request_error' } })
  })

  test('a parameter of the wrong type, and one that does not exist', async () => {
    expect(await post(JSON.stringify(asked({ temperature: 'hot' })))).toMatchObject({
      status: 400,
      error: { param: 'temperature' },
    })
    expect(await post(JSON.stringify(asked({ temprature: 1 })))).toMatchObject({
      status: 400,
      error: { param: 'temprature' },
    })
  })
})

describe('structured outputs', () => {
  const order = z.object({
    intent: z.enum(['order', 'cancel', 'question']),
    items: z.array(z.object({ name: z.string().max(12), count: z.int().min(1).max(20) })).max(2),
    express: z.boolean().nullable(),
  })

  test.runIf(kernels)('are parsed by the official client, with any arm and streamed alike', async () => {
    const response_format = zodResponseFormat(order, 'order')
    const request = asked({ response_format, max_tokens: 150, temperature: 0.8, seed: 3 })
    const texts = new Set<string | null | undefined>()
    for (const arm of ['none', 'grammar', 'auto']) {
      const completion = await client.chat.completions.parse({ ...request, speculation: { arm }, response_format })
      expect(order.parse(completion.choices[0]?.message.parsed)).toBeTruthy()
      expect(completion.choices[0]?.finish_reason).toBe('stop')
      texts.add(completion.choices[0]?.message.content)
    }
    const stream = client.chat.completions.stream({ ...request, response_format })
    texts.add((await stream.finalChatCompletion()).choices[0]?.message.content)
    expect(texts.size).toBe(1)
  })

  test.runIf(kernels)('are JSON, a choice, or what an expression or a grammar allows, on both endpoints', async () => {
    const body = asked({ response_format: { type: 'json_object' }, max_tokens: 200, frequency_penalty: 0.5 })
    const any = (await client.chat.completions.create(body)).choices[0]
    if (any?.finish_reason === 'stop') expect(JSON.parse(any.message.content ?? '')).toBeTypeOf('object')
    expect(any?.message.content).toMatch(/^\{/)
    const cases: [object, RegExp][] = [
      [{ choice: ['positive', 'negative'] }, /^(positive|negative)$/],
      [{ regex: '[A-Z]{3}-\\d{2}' }, /^[A-Z]{3}-[0-9]{2}$/],
      [{ grammar: 'root ::= "SELECT " ("a" | "b") " FROM t"' }, /^SELECT [ab] FROM t$/],
      [
        { json: { type: 'array', items: { type: 'boolean' }, minItems: 2, maxItems: 2 } },
        /^\[(true|false), (true|false)\]$/,
      ],
    ]
    for (const [structured_outputs, text] of cases) {
      const { choices } = await client.chat.completions.create(asked({ structured_outputs, n: 2, temperature: 1 }))
      for (const { message } of choices) expect(message.content).toMatch(text)
      const completions = { model: ready.model, prompt: 'The answer: ', max_tokens: 40, structured_outputs }
      expect((await client.completions.create(completions)).choices[0]?.text).toMatch(text)
    }
  })

  test('that can not be had are refused by name', async () => {
    const json_schema = { name: 'x', schema: { type: 'object', properties: { a: { not: { type: 'null' } } } } }
    const refused = client.chat.completions.create(asked({ response_format: { type: 'json_schema', json_schema } }))
    const param = 'response_format.json_schema.schema'
    await expect(refused).rejects.toMatchObject(
      kernels
        ? {
            status: 400,
            code: 'invalid_value',
            param,
            message: expect.stringContaining("'not' in the schema at properties.a"),
          }
        : { status: 400, code: 'structured_outputs_unavailable', message: expect.stringContaining('addon') },
    )
    const wrong = client.completions.create({
      model: ready.model,
      prompt: 'x',
      ...{ structured_outputs: { regex: '(' } },
    })
    await expect(wrong).rejects.toMatchObject({ status: 400, param: 'structured_outputs.regex' })
  })
})

test('health, readiness and metrics answer without a key', async () => {
  const get = (path: string) => fetch(`${ready.url}${path}`)
  expect((await get('/healthz')).status).toBe(200)
  expect((await get('/readyz')).status).toBe(200)
  const metrics = await (await get('/metrics')).text()
  for (const name of [
    'vllm:num_requests_running',
    'vllm:time_to_first_token_seconds_bucket',
    'vllm:spec_decode_num_draft_tokens_total',
    'vllm:prefix_cache_queries_total',
    'vllm:prefix_cache_hits_total',
  ]) {
    expect(metrics).toContain(name)
  }
  const cacheUsage = /^vllm:kv_cache_usage_perc\{.*\} (\S+)$/m.exec(metrics)?.[1]
  expect(Number(cacheUsage)).toBeGreaterThan(0) // read from the engine now, not the value it was born with
})
