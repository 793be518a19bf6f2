import type { Frame } from './rpc.ts'

/**
 * The fast path beside `frameSchema`: says yes only to what that would pass as it is. Its no means that the schema has
 * to tell. It knows the frames of which an answer has many; of the others there is one each.
 */
export function isPlainFrame(value: unknown): value is Frame {
  if (typeof value !== 'object' || value === null || !('type' in value)) return false
  switch (value.type) {
    case 'text':
      return isPlainText(value)
    case 'alive':
      return fieldsOf(value) === 1
    case 'finish':
      return (
        'choice' in value &&
        isInteger(value.choice) &&
        'reason' in value &&
        REASONS.has(value.reason) &&
        fieldsOf(value) === 3
      )
    default:
      return false
  }
}

/** One without logprobs. */
function isPlainText(value: object): boolean {
  return (
    'choice' in value &&
    isInteger(value.choice) &&
    'text' in value &&
    typeof value.text === 'string' &&
    'tokens' in value &&
    Array.isArray(value.tokens) &&
    value.tokens.every(isToken) &&
    'completionTokens' in value &&
    isInteger(value.completionTokens) &&
    fieldsOf(value) === ('cachedTokens' in value && isInteger(value.cachedTokens) ? 6 : 5)
  )
}

const REASONS: ReadonlySet<unknown> = new Set(['stop', 'length'])
const isInteger = (value: unknown) => Number.isSafeInteger(value)
const isToken = (value: unknown) => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
/** One more than were looked at is one that the schema refuses. */
const fieldsOf = (value: object) => Object.keys(value).length
