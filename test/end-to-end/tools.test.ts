import { kernels } from '@foretoken/native'
import { Ajv } from 'ajv'
import type OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type Platform, startPlatform } from './platform.ts'

let platform: Platform
beforeAll(async () => {
  platform = await startPlatform()
}, 120_000)
afterAll(async () => {
  expect(await platform.stop()).toBe(0)
}, 60_000)

const provider = {
  type: 'object',
  properties: {
    city: { type: 'string', maxLength: 24 },
    type: { enum: ['Psychologist', 'Dentist', 'Therapist'] },
    sessions: { type: 'integer', minimum: 1, maximum: 20 },
  },
  required: ['city', 'type'],
  additionalProperties: false,
}
const tools: OpenAI.ChatCompletionFunctionTool[] = [
  { type: 'function', function: { name: 'FindProvider', description: 'By city', parameters: provider } },
  { type: 'function', function: { name: 'BookAppointment', parameters: { type: 'object', properties: { time: {} } } } },
]
const messages: OpenAI.ChatCompletionMessageParam[] = [
  { role: 'user', content: 'I am looking for a psychologist in Lafayette.' },
]
const asked = () => ({ model: platform.ready.model, messages, tools, max_tokens: 100, temperature: 0 })

function callOf(completion: OpenAI.ChatCompletion) {
  const [choice] = completion.choices
  const call = choice?.message.tool_calls?.[0]
  if (call?.type !== 'function') throw new Error(`no call: ${choice?.message.content}`)
  return { id: call.id, name: call.function.name, arguments: call.function.arguments, reason: choice?.finish_reason }
}

describe('a real model with tools', () => {
  test('calls the function that was asked for, streamed or not, whatever drafts', async () => {
    const whole = callOf(await platform.client.chat.completions.create(asked()))
    expect(whole).toMatchObject({ name: 'FindProvider', reason: 'tool_calls' })
    expect(JSON.parse(whole.arguments)).toMatchObject({ city: 'Lafayette' })
    for (const arm of ['none', 'suffix', 'auto']) {
      const stream = platform.client.chat.completions.stream({ ...asked(), ...{ speculation: { arm } } })
      const { id: _, ...streamed } = callOf(await stream.finalChatCompletion())
      expect(whole).toMatchObject(streamed)
    }
  })

  test.runIf(kernels).each(['required' as const, { type: 'function' as const, function: { name: 'FindProvider' } }])(
    'calls where it has to, with arguments that their schema allows: %j',
    async (tool_choice) => {
      const ajv = new Ajv()
      const validate = new Map(tools.map((tool) => [tool.function.name, ajv.compile(tool.function.parameters ?? {})]))
      const off = [{ role: 'user' as const, content: 'Table data(name, age)\nQuestion: Who is the oldest?' }]
      for (const seed of [1, 2, 3]) {
        const body = { ...asked(), messages: off, tool_choice, temperature: 1.5, seed, n: 2, max_tokens: 200 }
        const { choices } = await platform.client.chat.completions.create(body)
        for (const { message, finish_reason } of choices) {
          expect(message.content).toBeNull()
          const [call] = message.tool_calls ?? []
          if (call?.type !== 'function') throw new Error('no call')
          if (typeof tool_choice === 'object') expect(call.function.name).toBe('FindProvider')
          expect(finish_reason).toBe('tool_calls')
          expect(validate.get(call.function.name)?.(JSON.parse(call.function.arguments))).toBe(true)
        }
      }
    },
  )

  test.runIf(kernels)(
    'refuses a strict schema that can not be enforced, by its place, and takes any object where it is not strict',
    async () => {
      const odd = (strict: boolean) => ({
        ...asked(),
        tool_choice: 'required' as const,
        tools: [
          ...tools,
          { type: 'function' as const, function: { name: 'Odd', strict, parameters: { type: 'object', not: {} } } },
        ],
      })
      const refused = platform.client.chat.completions.create(odd(true))
      await expect(refused).rejects.toMatchObject({ status: 400, param: 'tools[2].function.parameters' })
      expect(callOf(await platform.client.chat.completions.create(odd(false)))).toMatchObject({ name: 'FindProvider' })
    },
  )

  test('goes on with the result in words', async () => {
    const called = await platform.client.chat.completions.create(asked())
    const message = called.choices[0]?.message
    if (!message) throw new Error('no choice')
    const result = { role: 'tool' as const, tool_call_id: callOf(called).id, content: '{"name": "Dr. Hill"}' }
    const next = await platform.client.chat.completions.create({ ...asked(), messages: [...messages, message, result] })
    expect(z.string().min(1).parse(next.choices[0]?.message.content)).not.toContain('"method"')
    expect(next.choices[0]?.finish_reason).toBe('stop')
  })
})
