import { describe, expect, it } from 'vitest'
import { parseChatRequest } from './request.ts'
import { faultOf } from './testing.ts'

const tool = (name: string, more: object = {}) => ({ type: 'function', function: { name, ...more } })
const hello = { model: 'm', messages: [{ role: 'user', content: 'hello' }] }
const weather = { ...hello, tools: [tool('weather', { description: 'Rain?', parameters: { type: 'object' } })] }
const call = (id: string) => ({ id, type: 'function', function: { name: 'weather', arguments: '{"city":"Lis' } })
const called = { role: 'assistant', content: null, tool_calls: [call('call_1'), call('call_2')] }
const result = (tool_call_id: string) => ({ role: 'tool', tool_call_id, content: '20 degrees' })

describe('a request with tools', () => {
  it('takes defaults where the client says nothing', () => {
    expect(parseChatRequest(hello)).toMatchObject({ tools: [], tool_choice: 'auto', parallel_tool_calls: true })
    expect(parseChatRequest(weather).tools[0]?.function).toMatchObject({ name: 'weather', strict: false })
  })

  it.each(['none', 'auto', 'required'])('may choose %s', (tool_choice) => {
    expect(parseChatRequest({ ...weather, tool_choice })).toMatchObject({ tool_choice })
  })

  it('may choose one by name', () => {
    expect(parseChatRequest({ ...weather, tool_choice: tool('weather') }).tool_choice).toEqual({ name: 'weather' })
  })

  it.each([
    ['none of them', { tools: [], tool_choice: 'none' }],
    ['no tools but a choice that asks for nothing', { tool_choice: 'auto', parallel_tool_calls: false }],
    ['every field of a function', { tools: [tool('a', { description: 'b', parameters: {}, strict: true })] }],
  ])('may have %s', (_, change) => {
    expect(() => parseChatRequest({ ...hello, ...change })).not.toThrow()
  })

  it.each<[Record<string, unknown>, string, string, string]>([
    [{ tools: 'weather' }, 'invalid_type', 'tools', ''],
    [{ tools: [tool('two words')] }, 'invalid_value', 'tools[0].function.name', "letters, digits, '_' or '-'"],
    [{ tools: [tool('')] }, 'invalid_value', 'tools[0].function.name', ''],
    [{ tools: [tool('x'.repeat(65))] }, 'invalid_value', 'tools[0].function.name', '1 to 64'],
    [{ tools: [tool('a'), tool('b'), tool('a')] }, 'invalid_value', 'tools[2].function.name', 'another function has'],
    [{ tools: [{ type: 'function' }] }, 'missing_required_parameter', 'tools[0].function', ''],
    [{ tools: [{ type: 'custom', custom: {} }] }, 'unsupported_value', 'tools[0].type', "does not support 'custom'"],
    [{ tools: [tool('a', { parameters: [] })] }, 'invalid_type', 'tools[0].function.parameters', 'an object'],
    [
      { tools: [tool('a', { parameters: { $comment: 'x'.repeat(70_000) } })] },
      'invalid_value',
      'tools[0].function.parameters',
      'at most 65536',
    ],
    [
      { tools: [tool('a', { parameters: { type: 'string' } })] },
      'invalid_value',
      'tools[0].function.parameters',
      "type 'object'",
    ],
    [{ tools: Array.from({ length: 129 }, (_, at) => tool(`t${at}`)) }, 'invalid_value', 'tools', 'at most 128'],
    [{ tools: [], tool_choice: 'required' }, 'invalid_parameter_combination', 'tool_choice', "when 'tools' are given"],
    [{ tool_choice: tool('time') }, 'invalid_value', 'tool_choice.function.name', "no function of 'tools'"],
    [{ tool_choice: 'any' }, 'invalid_value', 'tool_choice', "'none', 'auto', 'required'"],
    [{ tool_choice: { type: 'allowed_tools' } }, 'unsupported_value', 'tool_choice.type', ''],
    [{ parallel_tool_calls: 'yes' }, 'invalid_type', 'parallel_tool_calls', ''],
  ])('%j is refused as %s at %s', (change, code, param, message) => {
    const error = faultOf({ ...weather, ...change })
    expect(error).toMatchObject({ code, param, status: 400 })
    expect(error.publicMessage).toContain(message)
  })
})

describe('a conversation with calls', () => {
  const messages = [...hello.messages, called, result('call_2'), result('call_1')]

  it('is read with calls whose arguments are cut short, with results, and without the tools', () => {
    const read = parseChatRequest({ ...hello, messages }).messages
    expect(read.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'tool'])
    expect(read[1]).toMatchObject({ content: undefined, tool_calls: [{ id: 'call_1' }, { id: 'call_2' }] })
  })

  it.each<[unknown[], string, string]>([
    [[{ role: 'tool', content: 'x' }], 'missing_required_parameter', 'messages[0].tool_call_id'],
    [[result('call_1')], 'invalid_value', 'messages[0].tool_call_id'],
    [[called, result('call_3')], 'invalid_value', 'messages[1].tool_call_id'],
    [[result('call_1'), called], 'invalid_value', 'messages[0].tool_call_id'],
    [[{ ...called, role: 'user' }], 'invalid_parameter_combination', 'messages[0].tool_calls'],
    [
      [{ role: 'user', content: 'x', tool_call_id: 'call_1' }],
      'invalid_parameter_combination',
      'messages[0].tool_call_id',
    ],
    [[{ role: 'assistant', content: null }], 'missing_required_parameter', 'messages[0].content'],
    [[{ role: 'assistant', tool_calls: [{}] }], 'missing_required_parameter', 'messages[0].tool_calls[0].id'],
    [[called, { ...result('call_1'), content: null }], 'missing_required_parameter', 'messages[1].content'],
  ])('%j is refused as %s at %s', (wrong, code, param) => {
    expect(faultOf({ ...hello, messages: wrong })).toMatchObject({ code, param, status: 400 })
  })
})
