import { ConstraintCompiler, type Engine, schemaSource, startEngine } from '@foretoken/engine'
import { type LoadedModel, loadModel } from '@foretoken/model'
import { kernels } from '@foretoken/native'
import type { CallMessage } from '@foretoken/protocol'
import { readToolTemplate, TOOL_CALL_FORMS, ToolCallReader, toolGrammar } from '@foretoken/tool-calls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { complete } from '../engine/generate.ts'
import { smollm2ForTests } from './smollm2-folder.ts'

const files = await smollm2ForTests()

const parameters = {
  type: 'object',
  properties: { city: { type: 'string', maxLength: 30 } },
  required: ['city'],
  additionalProperties: false,
}
const functions = [{ name: 'get_weather', description: 'The weather in a city, now', parameters }]
const asked: CallMessage[] = [{ role: 'user', content: 'What is the weather in Lisbon?' }]

describe.runIf(files && kernels)('a public model whose template knows nothing of tools', () => {
  let model: LoadedModel
  let engine: Engine
  beforeAll(async () => {
    model = await loadModel(files?.folder ?? '', { weights: 'int8' })
    engine = await startEngine(model, [], {})
  }, 300_000)
  afterAll(async () => {
    await engine.drain()
    await model.target.close()
  })

  test('is told of them as text, calls with the arguments that were asked for, and answers with the result', async () => {
    const tools = readToolTemplate((...chat) => model.tokenizer.renderChat(...chat))
    expect(tools).toMatchObject({ form: 'hermes', native: false })
    const promptOf = (messages: readonly CallMessage[]) => {
      const input = tools.inputOf(messages, functions)
      return model.tokenizer.encodeChat(input.messages, { ...input, addGenerationPrompt: true })
    }

    const form = TOOL_CALL_FORMS[tools.form]
    const schema = schemaSource(JSON.stringify(parameters))
    const grammar = toolGrammar(form, [{ name: 'get_weather', schema }], { required: true, parallel: false })
    const compiler = ConstraintCompiler.open(model.tokenizer, model.target.shape.vocabularySize)
    const constraint = await compiler?.compile('ten_test', { kind: 'grammar', grammar }, 'tools')
    if (!constraint) throw new Error('no compiler')
    const { text, reason } = await complete(engine, { prompt: promptOf(asked), tokensMax: 64, constraint })
    expect(reason).toBe('stop')
    const reader = new ToolCallReader({ form, names: new Set(['get_weather']), callsMax: 1 })
    expect([...reader.take(text), ...reader.end()]).toEqual([
      { type: 'call', index: 0, name: 'get_weather' },
      { type: 'arguments', index: 0, text: '{"city": "Lisbon"}' },
    ])

    const call = { id: 'call_1', name: 'get_weather', arguments: '{"city": "Lisbon"}' }
    const result = { role: 'tool', content: '{"sky": "sunny", "degrees": 23}', toolCallId: 'call_1' }
    const messages = [...asked, { role: 'assistant', content: '', toolCalls: [call] }, result]
    expect((await complete(engine, { prompt: promptOf(messages), tokensMax: 48 })).text).toContain('23')
  }, 300_000)
})
