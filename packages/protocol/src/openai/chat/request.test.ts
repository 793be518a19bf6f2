import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ApiError } from '../../errors/api-error.ts'
import { constraintOf } from '../structured.ts'
import { parseChatRequest } from './request.ts'

const hello = { model: 'm', messages: [{ role: 'user', content: 'hello' }] }

describe('what the text may be', () => {
  const schema = { type: 'object', properties: { z: {}, a: { const: 1 } } }
  const named = { name: 'thing', description: 'A thing.', strict: true, schema }
  it.each<[object, unknown]>([
    [{}, undefined],
    [{ response_format: { type: 'text' } }, undefined],
    [
      { response_format: { type: 'json_object' } },
      { param: 'response_format', source: { kind: 'json', schema: '{"type":"object"}' } },
    ],
    [
      { response_format: { type: 'json_schema', json_schema: named } },
      { param: 'response_format.json_schema.schema', source: { kind: 'json', schema: JSON.stringify(schema) } },
    ],
    [
      { structured_outputs: { json: schema, disable_any_whitespace: true }, response_format: { type: 'text' } },
      { param: 'structured_outputs.json', source: { kind: 'json', schema: JSON.stringify(schema) } },
    ],
    [
      { structured_outputs: { json: '{"type": "null"}' } },
      { param: 'structured_outputs.json', source: { kind: 'json', schema: '{"type": "null"}' } },
    ],
    [
      { structured_outputs: { regex: 'a+' } },
      { param: 'structured_outputs.regex', source: { kind: 'regex', pattern: 'a+' } },
    ],
    [
      { structured_outputs: { choice: ['a', 'b'], json: null } },
      { param: 'structured_outputs.choice', source: { kind: 'choice', choices: ['a', 'b'] } },
    ],
    [
      { structured_outputs: { grammar: 'root ::= "a"' } },
      { param: 'structured_outputs.grammar', source: { kind: 'grammar', grammar: 'root ::= "a"' } },
    ],
  ])('of %j is %j', (change, expected) => {
    expect(constraintOf(parseChatRequest({ ...hello, ...change }))).toEqual(expected)
  })

  it('is no schema that no stack can hold', () => {
    let deep: object = {}
    for (let level = 0; level < 200_000; level++) deep = { items: deep }
    const body = { ...hello, response_format: { type: 'json_schema', json_schema: { name: 'deep', schema: deep } } }
    expect(() => parseChatRequest(body)).toThrow(ApiError)
  })
})

describe('a chat request', () => {
  it('takes defaults where the client says nothing or null', () => {
    const silent = parseChatRequest(hello)
    expect(silent).toMatchObject({ temperature: 1, top_p: 1, n: 1, stop: [], stream: false })
    expect(silent.speculation).toEqual({ arm: 'auto', lookahead: undefined, metrics: false })
    expect(parseChatRequest({ ...hello, temperature: null, stop: null, seed: null, tools: null })).toEqual(silent)
  })

  it('joins text parts and keeps one string as a list of stops', () => {
    const parts = [
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ]
    const request = parseChatRequest({ ...hello, messages: [{ role: 'user', content: parts }], stop: ';' })
    expect(request.messages[0]?.content).toBe('a\nb')
    expect(request.stop).toEqual([';'])
  })

  it('takes back a message of an earlier answer as it was sent', () => {
    const answer = { role: 'assistant', content: 'hi', refusal: null, annotations: [], tool_calls: [] }
    expect(parseChatRequest({ ...hello, messages: [...hello.messages, answer] }).messages).toHaveLength(2)
  })

  it.each([
    ['tools', []],
    ['tool_choice', 'auto'],
    ['response_format', { type: 'text' }],
    ['modalities', ['text']],
    ['store', false],
    ['service_tier', 'auto'],
    ['prompt_cache_key', 'any'],
    ['audio', null],
  ])('accepts %s when its value asks for nothing', (name, value) => {
    expect(() => parseChatRequest({ ...hello, [name]: value })).not.toThrow()
  })

  it.each<[Record<string, unknown>, string, string, string]>([
    [{ foo: 1 }, 'unknown_parameter', 'foo', 'Unrecognized request argument supplied: foo'],
    [{ tools: [{}] }, 'unsupported_parameter', 'tools', "Unsupported parameter: 'tools' is not supported here."],
    [{ response_format: { type: 'xml' } }, 'invalid_value', 'response_format.type', 'json_schema'],
    [
      { response_format: { type: 'json_schema' } },
      'invalid_parameter_combination',
      'response_format.json_schema',
      "must be given with the type 'json_schema'",
    ],
    [
      { response_format: { type: 'json_object', json_schema: { name: 'a', schema: {} } } },
      'invalid_parameter_combination',
      'response_format.json_schema',
      '',
    ],
    [
      { response_format: { type: 'json_schema', json_schema: { schema: {} } } },
      'missing_required_parameter',
      'response_format.json_schema.name',
      '',
    ],
    [
      { response_format: { type: 'json_schema', json_schema: { name: 'a' } } },
      'invalid_value',
      'response_format.json_schema.schema',
      'expected a JSON schema',
    ],
    [
      { response_format: { type: 'json_schema', json_schema: { name: 'a', schema: { enum: ['x'.repeat(70_000)] } } } },
      'invalid_value',
      'response_format.json_schema.schema',
      'at most 65536 characters',
    ],
    [{ structured_outputs: {} }, 'invalid_parameter_combination', 'structured_outputs', 'exactly one'],
    [{ structured_outputs: { regex: 'a', choice: ['b'] } }, 'invalid_parameter_combination', 'structured_outputs', ''],
    [{ structured_outputs: { choice: [] } }, 'invalid_value', 'structured_outputs.choice', ''],
    [{ structured_outputs: { structural_tag: 'x' } }, 'unknown_parameter', 'structured_outputs.structural_tag', ''],
    [
      { structured_outputs: { regex: 'a' }, response_format: { type: 'json_object' } },
      'invalid_parameter_combination',
      'structured_outputs',
      '',
    ],
    [{ store: true }, 'unsupported_parameter', 'store', ''],
    [{ model: undefined }, 'missing_required_parameter', 'model', "Missing required parameter: 'model'."],
    [{ messages: undefined }, 'missing_required_parameter', 'messages', ''],
    [{ messages: [] }, 'invalid_value', 'messages', "Invalid value for 'messages': expected at least 1 elements."],
    [
      { temperature: 'hot' },
      'invalid_type',
      'temperature',
      "Invalid type for 'temperature': expected a decimal, but got a string instead.",
    ],
    [{ n: 1.5 }, 'invalid_type', 'n', "Invalid type for 'n': expected an integer, but got a decimal instead."],
    [{ temperature: 2.5 }, 'invalid_value', 'temperature', "Invalid value for 'temperature': expected at most 2."],
    [{ stop: ['a', 'b', 'c', 'd', 'e'] }, 'invalid_value', 'stop', ''],
    [{ stop: 4 }, 'invalid_type', 'stop', "Invalid type for 'stop': expected one of a string or an array, but got"],
    [{ stop: ['a', 4] }, 'invalid_type', 'stop[1]', ''],
    [{ seed: 1e20 }, 'invalid_value', 'seed', ''],
    [{ logit_bias: { x: 1 } }, 'invalid_value', 'logit_bias.x', ''],
    [{ logit_bias: { 5: 'x' } }, 'invalid_type', 'logit_bias.5', ''],
    [{ top_logprobs: 2 }, 'invalid_parameter_combination', 'top_logprobs', ''],
    [{ max_tokens: 1, max_completion_tokens: 1 }, 'invalid_parameter_combination', 'max_tokens', ''],
    [{ stream_options: {} }, 'invalid_parameter_combination', 'stream_options', ''],
    [{ speculation: { arm: 'eagle' } }, 'invalid_value', 'speculation.arm', ''],
    [{ speculation: { lookahead: 17 } }, 'invalid_value', 'speculation.lookahead', ''],
    [{ speculation: { arms: [] } }, 'unknown_parameter', 'speculation.arms', ''],
    [{ messages: [{ role: 'tool', content: 'x' }] }, 'unsupported_value', 'messages[0].role', ''],
    [{ messages: [{ role: 'king', content: 'x' }] }, 'invalid_value', 'messages[0].role', ''],
    [{ messages: [{ role: 'user' }] }, 'missing_required_parameter', 'messages[0].content', ''],
    [{ messages: [{ role: 'user', content: 7 }] }, 'invalid_type', 'messages[0].content', ''],
    [
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'x' } }] }] },
      'unsupported_value',
      'messages[0].content[0].type',
      "Unsupported value: 'messages[0].content[0].type' does not support 'image_url' here.",
    ],
    [
      { messages: [{ role: 'assistant', content: 'x', tool_calls: [{}] }] },
      'unsupported_parameter',
      'messages[0].tool_calls',
      '',
    ],
  ])('with %j is refused as %s at %s', (change, code, param, message) => {
    const error = fault({ ...hello, ...change })
    expect(error).toMatchObject({ code, param, status: 400 })
    expect(error.publicMessage).toContain(message)
  })

  it.each([null, 1, 'text', [[]], [[hello]]])('refuses %j as a body', (body) => {
    expect(fault(body)).toMatchObject({ code: 'invalid_type', param: null })
  })

  it('never fails otherwise than by naming a fault, whatever the body', () => {
    const body = fc.oneof(fc.jsonValue(), fc.record({ model: fc.jsonValue(), messages: fc.jsonValue() }))
    fc.assert(
      fc.property(body, (value) => {
        try {
          parseChatRequest(JSON.parse(JSON.stringify(value)))
        } catch (error) {
          expect(error).toBeInstanceOf(ApiError)
        }
      }),
    )
  })

  it('is not fooled by __proto__', () => {
    const body: unknown = JSON.parse('{"model":"m","messages":[{"role":"user","content":"x"}],"__proto__":{"n":5}}')
    expect(parseChatRequest(body).n).toBe(1)
  })
})

function fault(body: unknown): ApiError {
  try {
    parseChatRequest(JSON.parse(JSON.stringify(body)))
  } catch (error) {
    if (error instanceof ApiError) return error
    throw error
  }
  throw new Error('the request was accepted')
}
