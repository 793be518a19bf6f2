import { expect, it } from 'vitest'
import { answerId, newRequestId } from './ids.ts'

it('request ids are unique, sort by time and lead to the id of their answer', () => {
  const ids = Array.from({ length: 10_000 }, newRequestId)
  expect(new Set(ids).size).toBe(ids.length)
  expect([...ids].sort()).toEqual(ids)
  expect(answerId('req_01abc', 'chatCompletion')).toBe('chatcmpl-01abc')
  expect(() => answerId('mine', 'completion')).toThrow('not a request id')
})
