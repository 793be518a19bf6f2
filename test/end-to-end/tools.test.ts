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
