import { ConstraintCompiler, schemaSource } from '@foretoken/engine'
import { Tokenizer } from '@foretoken/model'
import { kernels } from '@foretoken/native'
import type { ToolCallFormName } from '@foretoken/protocol'
import { referenceTargetFolder } from '@foretoken/reference-target'
import { TOOL_CALL_FORMS, ToolCallReader, type ToolGrammarOptions, toolGrammar } from '@foretoken/tool-calls'
import { Ajv } from 'ajv'
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'

const WEATHER = {
  type: 'object',
  properties: { city: { type: 'string', maxLength: 8 }, days: { type: 'integer', minimum: 1, maximum: 14 } },
  required: ['city'],
  additionalProperties: false,
}
const TIME = { type: 'object', properties: { zone: { enum: ['WET', 'CET'] } }, additionalProperties: false }
const FUNCTIONS = { weather: WEATHER, time: TIME }
const ANSWER = {
  type: 'object',
  properties: { name: { type: 'string' } },
  required: ['name'],
  additionalProperties: false,
}
const names = new Set(Object.keys(FUNCTIONS))

const tokenizer = await Tokenizer.open(referenceTargetFolder, [2])
const compiler = ConstraintCompiler.open(tokenizer, tokenizer.vocabularySize)
const source = (schema: object) => schemaSource(JSON.stringify(schema))

async function opened(form: ToolCallFormName, options: ToolGrammarOptions) {
  const functions = Object.entries(FUNCTIONS).map(([name, schema]) => ({ name, schema: source(schema) }))
  const grammar = toolGrammar(TOOL_CALL_FORMS[form], functions, options)
  const constraint = await compiler?.compile('ten_test', { kind: 'grammar', grammar }, 'tools')
  if (!constraint) throw new Error('no compiler')
  return constraint
}

async function allows(form: ToolCallFormName, options: ToolGrammarOptions, text: string): Promise<boolean> {
  const opening = (await opened(form, options)).open()
  const tokens = tokenizer.encode(text)
  if (opening.accepted(tokens) < tokens.length) return false
  for (const token of tokens) opening.commit(token)
  const next = opening.next()
  return opening.ended || (typeof next !== 'number' && bit(next, 2))
}

const bit = (mask: Uint32Array, token: number): boolean => (((mask[token >> 5] ?? 0) >>> (token & 31)) & 1) === 1

const auto = { required: false, parallel: true }
const required = { required: true, parallel: true }
const hermes = (...objects: string[]) => objects.map((each) => `<tool_call>\n${each}\n</tool_call>`).join('\n')
const LISBON = '{"name": "weather", "arguments": {"city": "Lisbon", "days": 3}}'
const NOW = '{"name": "time", "arguments": {}}'
const LLAMA_NOW = '{"name": "time", "parameters": {}}'

describe.runIf(kernels)('what an answer to a request with tools may be', () => {
  it.each<[ToolCallFormName, ToolGrammarOptions, string, boolean]>([
    ['hermes', auto, '', true],
    ['hermes', auto, 'It is < 5 degrees, <tool_ok> 👍\n\n', true],
    ['hermes', auto, hermes(LISBON), true],
    ['hermes', auto, `Let me see.\n${hermes(LISBON, NOW)}`, true],
    ['hermes', auto, `${hermes(LISBON)} And?`, false],
    ['hermes', auto, 'I use <tool_call>', false],
    ['hermes', auto, hermes('{"name": "rm", "arguments": {}}'), false],
    ['hermes', auto, hermes('{"name": "weather", "arguments": {}}'), false],
    ['hermes', auto, hermes('{"name": "weather", "arguments": {"city": "Lisbon", "days": 15}}'), false],
    ['hermes', { ...auto, parallel: false }, hermes(LISBON), true],
    ['hermes', { ...auto, parallel: false }, hermes(LISBON, NOW), false],
    ['hermes', required, hermes(LISBON, NOW), true],
    ['hermes', required, '', false],
    ['hermes', required, `Let me see.\n${hermes(LISBON)}`, false],
    ['hermes', { ...auto, content: source(ANSWER) }, '{"name": "time"}', true],
    ['hermes', { ...auto, content: source(ANSWER) }, hermes(NOW), true],
    ['hermes', { ...auto, content: source(ANSWER) }, 'Hi', false],
    ['llama', auto, '\n\nHello {name}', true],
    ['llama', auto, `${LLAMA_NOW}; ${LLAMA_NOW}`, true],
    ['llama', auto, `${LLAMA_NOW} Done.`, false],
    ['llama', auto, '{"answer": 3}', false],
    ['llama', required, LLAMA_NOW, true],
    ['llama', required, 'Hello', false],
    ['llama', { ...auto, content: source(ANSWER) }, LLAMA_NOW, true],
    ['llama', { ...auto, content: source(ANSWER) }, '{"name": "time"}', true],
    ['reference', required, '{"method": "time", "parameters": {"zone": "CET"}}', true],
    ['reference', required, '{"method": "time", "parameters": {"zone": "PST"}}', false],
  ])('%s %j: %s is allowed: %s', async (form, options, text, allowed) => {
    expect(await allows(form, options, text)).toBe(allowed)
  })

  test('whatever is drawn, it is read as calls that exist, with arguments that their schemas allow', async () => {
    const ajv = new Ajv()
    const validate = { weather: ajv.compile(WEATHER), time: ajv.compile(TIME) }
    let complete = 0
    const forms = fc.constantFrom<ToolCallFormName[]>('hermes', 'llama', 'reference')
    await fc.assert(
      fc.asyncProperty(
        forms,
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })),
        async (form, draws) => {
          const opening = (await opened(form, required)).open()
          const tokens: number[] = []
          while (!opening.ended && tokens.length < 120) {
            const next = opening.next()
            const possible =
              typeof next === 'number'
                ? [next]
                : Array.from({ length: 4_096 }, (_, id) => id).filter((id) => bit(next, id))
            const token = possible[Math.floor((draws.next().value ?? 0) * possible.length)] ?? 2
            if (token === 2) break
            opening.commit(token)
            tokens.push(token)
          }
          const reader = new ToolCallReader({ form: TOOL_CALL_FORMS[form], names, callsMax: 128 })
          const deltas = [...reader.take(tokenizer.decode(tokens)), ...reader.end()]
          expect(deltas.filter(({ type }) => type === 'content')).toEqual([])
          if (tokens.length === 120) return
          complete++
          for (const [at, delta] of deltas.entries()) {
            if (delta.type !== 'call') continue
            const args = deltas[at + 1]
            const check = delta.name === 'weather' ? validate.weather : validate.time
            expect(args?.type === 'arguments' && check(JSON.parse(args.text))).toBe(true)
          }
        },
      ),
      { numRuns: 60 },
    )
    expect(complete).toBeGreaterThan(20)
  })
})
