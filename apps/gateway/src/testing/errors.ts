import { errorEnvelopeSchema } from '@foretoken/protocol'
import { expect } from 'vitest'

/** Checks an answer to be an error of the catalogue in OpenAI's envelope, and returns it. */
export async function expectError(answer: Response, status: number, code: string, param: string | null = null) {
  const { error } = errorEnvelopeSchema.parse(await answer.json())
  expect({ status: answer.status, code: error.code, param: error.param }).toEqual({ status, code, param })
  expect(answer.headers.get('x-request-id')).toBeTruthy()
  return error
}
