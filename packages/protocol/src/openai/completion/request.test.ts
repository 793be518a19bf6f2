import { describe, expect, it } from 'vitest'
import { ApiError } from '../../errors/api-error.ts'
import { parseCompletionRequest } from './request.ts'

const base = { model: 'm', prompt: 'SELECT' }

describe('a completion request', () => {
  it.each<[unknown, unknown]>([
    ['a', [{ text: 'a' }]],
    [
      ['a', 'b'],
      [{ text: 'a' }, { text: 'b' }],
    ],
    [[1, 2], [{ tokens: [1, 2] }]],
    [
      [[1], [2, 3]],
      [{ tokens: [1] }, { tokens: [2, 3] }],
    ],
  ])('reads the prompt %j', (prompt, expected) => {
    expect(parseCompletionRequest({ ...base, prompt }).prompt).toEqual(expected)
  })

  it('has the defaults of OpenAI', () => {
    expect(parseCompletionRequest(base)).toMatchObject({ max_tokens: 16, n: 1, echo: false, temperature: 1 })
  })

  it('accepts best_of when it equals n, and an empty suffix', () => {
    expect(() => parseCompletionRequest({ ...base, n: 2, best_of: 2, suffix: '' })).not.toThrow()
  })

  it.each<[Record<string, unknown>, string, string]>([
    [{ prompt: undefined }, 'missing_required_parameter', 'prompt'],
    [{ prompt: [] }, 'invalid_value', 'prompt'],
    [{ prompt: 5 }, 'invalid_type', 'prompt'],
    [{ prompt: ['a', 5] }, 'invalid_type', 'prompt[1]'],
    [{ prompt: [-1] }, 'invalid_value', 'prompt[0]'],
    [{ suffix: ';' }, 'unsupported_parameter', 'suffix'],
    [{ best_of: 3 }, 'unsupported_parameter', 'best_of'],
    [{ logprobs: 6 }, 'invalid_value', 'logprobs'],
    [{ logprobs: true }, 'invalid_type', 'logprobs'],
    [{ echo: true, logprobs: 1 }, 'invalid_parameter_combination', 'echo'],
    [{ echo: true, prompt: [1] }, 'invalid_parameter_combination', 'echo'],
    [{ prompt: ['a', 'b'], n: 100 }, 'invalid_parameter_combination', 'n'],
    [{ messages: [] }, 'unknown_parameter', 'messages'],
  ])('with %j is refused as %s at %s', (change, code, param) => {
    try {
      parseCompletionRequest(JSON.parse(JSON.stringify({ ...base, ...change })))
    } catch (error) {
      expect(error).toBeInstanceOf(ApiError)
      expect(error).toMatchObject({ code, param })
      return
    }
    throw new Error('the request was accepted')
  })
})
