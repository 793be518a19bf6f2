import type { z } from 'zod'
import { ApiError } from '../errors/api-error.ts'

type Issue = z.core.$ZodIssue
type Path = readonly PropertyKey[]

/**
 * Names of real OpenAI roles, content parts, tools and items that are older than what is here, or that only others
 * have.
 */
const REAL_BUT_UNSUPPORTED = new Set([
  ...[
    'function',
    'image_url',
    'input_audio',
    'input_image',
    'input_file',
    'file',
    'refusal',
    'custom',
    'allowed_tools',
  ],
  ...['web_search', 'file_search', 'computer_use_preview', 'code_interpreter', 'image_generation', 'mcp', 'reasoning'],
])

/** The first of zod's issues as the error that OpenAI would send: its code, its wording, the path of the parameter. */
export function toApiError(issues: readonly Issue[], body: unknown): ApiError {
  const [issue] = issues
  if (!issue) throw new TypeError('a failed parse has an issue')
  return fromIssue(issue, [], body)
}

function fromIssue(issue: Issue, parent: Path, body: unknown): ApiError {
  const path = [...parent, ...issue.path]
  const value = valueAt(body, path)
  const param = pathName(path)
  const name = param ?? 'body'
  switch (issue.code) {
    case 'invalid_union':
      return fromUnion(issue, path, body)
    case 'unrecognized_keys': {
      const unknown = pathName([...path, issue.keys[0] ?? '']) ?? ''
      return new ApiError('unknown_parameter', { values: { name: unknown }, param: unknown })
    }
    case 'invalid_type':
      if (value === undefined) return new ApiError('missing_required_parameter', { values: { name }, param })
      return typeError(name, param, article(issue.expected), value)
    case 'invalid_value':
      return valueError(name, param, issue.values, value)
    default:
      return new ApiError('invalid_value', { values: { name, reason: `${reasonOf(issue)}.` }, param })
  }
}

/** The branch that got furthest into the value is the one its author meant. */
function fromUnion(issue: z.core.$ZodIssueInvalidUnion, path: Path, body: unknown): ApiError {
  const firsts = issue.errors.flatMap((branch) => branch.slice(0, 1))
  const meant = [...firsts].sort((a, b) => progressOf(b) - progressOf(a)).find((first) => progressOf(first) > 0)
  if (meant) return fromIssue(meant, path, body)
  const param = pathName(path)
  const value = valueAt(body, path)
  if (value === undefined) {
    return new ApiError('missing_required_parameter', { values: { name: param ?? 'body' }, param })
  }
  if (firsts.length === 0) return valueError(param ?? 'body', param, [], value)
  const expected = firsts.map((first) => (first.code === 'invalid_type' ? article(first.expected) : ''))
  return typeError(param ?? 'body', param, `one of ${[...new Set(expected)].join(' or ')}`, value)
}

function progressOf(issue: Issue): number {
  return issue.path.length * 2 + (issue.code === 'invalid_type' ? 0 : 1)
}

function typeError(name: string, param: string | null, expected: string, value: unknown): ApiError {
  return new ApiError('invalid_type', { values: { name, expected, received: describe(value) }, param })
}

function valueError(name: string, param: string | null, allowed: readonly unknown[], value: unknown): ApiError {
  if (value === undefined) return new ApiError('missing_required_parameter', { values: { name }, param })
  if (allowed.length > 0 && typeof value !== typeof allowed[0])
    return typeError(name, param, article(typeof allowed[0]), value)
  if (typeof value === 'string' && REAL_BUT_UNSUPPORTED.has(value)) {
    return new ApiError('unsupported_value', { values: { name, value: `'${value}'` }, param })
  }
  const supported = allowed.map((each) => `'${String(each)}'`).join(', ')
  const reason = supported === '' ? 'it is not supported here.' : `supported values are ${supported}.`
  return new ApiError('invalid_value', { values: { name, reason }, param })
}

function reasonOf(issue: Issue): string {
  if (issue.code === 'too_small') {
    const bound = issue.inclusive === false ? 'more than' : 'at least'
    return `expected ${bound} ${issue.minimum}${unitOf(issue.origin)}`
  }
  if (issue.code === 'too_big') {
    const bound = issue.inclusive === false ? 'less than' : 'at most'
    return `expected ${bound} ${issue.maximum}${unitOf(issue.origin)}`
  }
  if (issue.code === 'invalid_key') return 'a name in it is malformed'
  return issue.code === 'invalid_format' ? 'malformed' : issue.message
}

function unitOf(origin: string): string {
  if (origin === 'string') return ' characters'
  return origin === 'array' ? ' elements' : origin === 'object' || origin === 'record' ? ' entries' : ''
}

/** `messages[0].content`, or null for the body itself. */
function pathName(path: Path): string | null {
  if (path.length === 0) return null
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '')
}

function valueAt(body: unknown, path: Path): unknown {
  let value = body
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = Object.getOwnPropertyDescriptor(value, part)?.value
  }
  return value
}

function article(type: string): string {
  if (type === 'number') return 'a decimal'
  if (type === 'int') return 'an integer'
  if (type === 'record') return 'an object'
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`
}

function describe(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'an integer' : 'a decimal'
  return article(typeof value)
}
