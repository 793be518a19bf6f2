import { ApiError } from '../../errors/api-error.ts'
import { parseChatRequest } from './request.ts'

/** Why a chat request is refused. */
export function faultOf(body: unknown): ApiError {
  try {
    parseChatRequest(JSON.parse(JSON.stringify(body)))
  } catch (error) {
    if (error instanceof ApiError) return error
    throw error
  }
  throw new Error('the request was accepted')
}
