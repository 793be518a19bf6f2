import { ConstraintCompiler, EngineError } from '@foretoken/engine'
import { loadModel } from '@foretoken/model'
import { kernels } from '@foretoken/native'
import type { CallTools, GenerateCall } from '@foretoken/protocol'
import { exampleCall } from '@foretoken/protocol/testing'
import { referenceTargetFolder } from '@foretoken/reference-target'
import { readToolTemplate } from '@foretoken/tool-calls'
import { afterAll, describe, expect, it } from 'vitest'
import { compiledConstraint } from './constraint.ts'

const model = await loadModel(referenceTargetFolder)
afterAll(() => model.target.close())
const template = readToolTemplate((...chat) => model.tokenizer.renderChat(...chat))
const { tokenizer, target } = model
const compiler = ConstraintCompiler.open(tokenizer, target.shape.vocabularySize)

const city = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
const WHO = { name: 'who', parameters: city, strict: false, param: 'tools[0]' }
/** The first is refused before it is compiled, the second by the compiler. */
const NOT = { type: 'object', not: {} }
const OVERLAPPING = {
  type: 'object',
  properties: { a: { oneOf: [{ type: 'string' }, { type: 'string', maxLength: 3 }] } },
}

const callWith = (tools: Partial<CallTools>, constraint?: GenerateCall['constraint']): GenerateCall => ({
  ...exampleCall(model.id),
  input: { kind: 'chat', messages: [], tools: { functions: [WHO], required: false, parallel: true, ...tools } },
  ...(constraint && { constraint }),
})
const odd = (parameters: object, strict: boolean) => ({
  ...{ name: 'odd', strict, param: 'tools[1]' },
  parameters: { ...parameters },
})

describe('without the compiled addon', () => {
  const without = (tools: Partial<CallTools>) =>
    compiledConstraint(callWith(tools), { constraints: undefined, tools: template })

  it('nothing is kept that nobody promised, and what was promised is refused', async () => {
    expect(await without({})).toBeUndefined()
    const plain = compiledConstraint(exampleCall(model.id), { constraints: undefined, tools: template })
    expect(await plain).toBeUndefined()
    const unavailable = { code: 'structured_outputs_unavailable' }
    await expect(without({ required: true })).rejects.toMatchObject({ ...unavailable, param: 'tool_choice' })
    const constraint = { param: 'structured_outputs.choice', source: { kind: 'choice' as const, choices: ['a'] } }
    const text = compiledConstraint(
      { ...exampleCall(model.id), constraint },
      { constraints: undefined, tools: template },
    )
    await expect(text).rejects.toMatchObject({ ...unavailable, param: 'structured_outputs.choice' })
    await expect(without({ functions: [WHO, odd(city, true)] })).rejects.toMatchObject({
      ...unavailable,
      param: 'tools[1]',
    })
  })
})

describe.runIf(kernels)('calls follow', () => {
  /** How much of a text is allowed. */
  async function allowed(text: string, tools: Partial<CallTools>, constraint?: GenerateCall['constraint']) {
    const call = callWith({ required: true, ...tools }, constraint)
    const compiled = await compiledConstraint(call, { constraints: compiler, tools: template })
    const tokens = tokenizer.encode(text)
    return tokenizer.decode(tokens.slice(0, compiled?.open().accepted(tokens)))
  }
  const who = '{"method": "who", "parameters": {"city": "Porto"}}'
  const call = (name: string, args: string) => `{"method": "${name}", "parameters": ${args}}`

  it('the schemas of their functions, in the form of the model', async () => {
    expect(await allowed(who, {})).toBe(who)
    expect(await allowed(call('who', '{"city": 3}'), {})).not.toContain('3')
  })

  it('a name alone where one is asked for', async () => {
    const functions = [WHO, odd(city, false)]
    expect(await allowed(who, { functions, only: 'odd' })).not.toContain('who')
    expect(await allowed(call('odd', '{"city": "x"}'), { functions, only: 'odd' })).toContain('"x"')
  })

  it.each([NOT, OVERLAPPING])(
    'any object where a schema can not be enforced and need not be: %j',
    async (parameters) => {
      const functions = [WHO, odd(parameters, false)]
      const free = call('odd', '{"b": [1, {"c": null}]}')
      expect(await allowed(free, { functions })).toBe(free)
      expect(await allowed(call('who', '{"city": 3}'), { functions })).not.toContain('3')
      const strict = allowed(free, { functions: [WHO, odd(parameters, true)] })
      await expect(strict).rejects.toBeInstanceOf(EngineError)
      await expect(strict).rejects.toMatchObject({ code: 'invalid_value', param: 'tools[1]' })
    },
  )

  it('no arguments where none are taken', async () => {
    const functions = [{ name: 'now', strict: true, param: 'tools[0]' }]
    expect(await allowed(call('now', '{}'), { functions })).toBe(call('now', '{}'))
    expect(await allowed(call('now', '{"a": 1}'), { functions })).not.toContain('a"')
  })

  it('or text, which is JSON where that is asked for', async () => {
    const answer = {
      param: 'response_format',
      source: { kind: 'json' as const, schema: '{"type":"object","required":["a"]}' },
    }
    const auto = { required: false }
    expect(await allowed('It is {sunny}.', auto)).toBe('It is {sunny}.')
    expect(await allowed('It is sunny.', auto, answer)).toBe('')
    expect(await allowed('{"a": 1}', auto, answer)).toBe('{"a": 1}')
    expect(await allowed(who, auto, answer)).toBe(who)
  })
})
