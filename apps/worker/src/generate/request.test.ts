import { loadModel } from '@foretoken/model'
import type { CallMessage, ToolFunction } from '@foretoken/protocol'
import { exampleCall } from '@foretoken/protocol/testing'
import { referenceTargetFolder } from '@foretoken/reference-target'
import { readToolTemplate } from '@foretoken/tool-calls'
import { afterAll, expect, it } from 'vitest'
import { generationRequest } from './request.ts'

const model = await loadModel(referenceTargetFolder)
const tools = readToolTemplate((...chat) => model.tokenizer.renderChat(...chat))
afterAll(() => model.target.close())

it("hands the engine the tenant with its weight, and whether drafts may learn, as the gateway's call has them", () => {
  const call = { ...exampleCall(model.id), tenant: 'ten_a', weight: 2.5, learn: false }
  expect(generationRequest(call, { model, tools }, undefined)).toMatchObject({
    tenant: 'ten_a',
    weight: 2.5,
    learn: false,
  })
})

const user = { role: 'user', content: 'I am looking for a psychologist in Lafayette.' }
const call = { id: 'call_1', name: 'FindProvider', arguments: '{"city": "Lafayette"}' }
const city = { type: 'object', properties: { city: { type: 'string' } } }
const functions = [
  { name: 'FindProvider', parameters: city, strict: false, param: 'tools[0]' },
  { name: 'BookAppointment', parameters: city, strict: false, param: 'tools[1]' },
]

function promptOf(messages: CallMessage[], given?: ToolFunction[]): string {
  const input = {
    kind: 'chat' as const,
    messages,
    ...(given && { tools: { functions: given, required: false, parallel: true } }),
  }
  const { prompt } = generationRequest({ ...exampleCall(model.id), input }, { model, tools }, undefined)
  return model.tokenizer.decode(prompt)
}

it('tells the reference target of tools as it was trained to call them, and has it answer behind a result', () => {
  expect(tools).toMatchObject({ form: 'reference', native: true })
  const asked = 'User: I am looking for a psychologist in Lafayette.\n'
  const told = 'user\nService: Tools\nMethods: FindProvider, BookAppointment\nSlots: city\n'
  expect(promptOf([user], functions)).toBe(`${told}${asked}Call:assistant\n`)
  const called = { role: 'assistant', content: '', toolCalls: [call] }
  const result = { role: 'tool', content: '{"name": "Dr. Hill"}', toolCallId: 'call_1' }
  for (const given of [functions, undefined]) {
    expect(promptOf([user, called, result], given)).toBe(
      `user\n${asked}Assistant: {"method": "FindProvider", "parameters": {"city": "Lafayette"}}\n` +
        'Result: {"name": "Dr. Hill"}\nAssistant:assistant\n',
    )
  }
})

it('renders a conversation without tools as ever', () => {
  expect(promptOf([{ role: 'system', content: 'Be brief.' }, user])).toBe(
    `system\nBe brief.user\n${user.content}assistant\n`,
  )
})
