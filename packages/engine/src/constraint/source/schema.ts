import { ConstraintError } from '../constraint.ts'
import { FORMATS } from './formats.ts'

/**
 * A schema as the compiler is to read it. Everything that it asks for is compiled or refused by name: keywords of any
 * draft that the compiler would skip, or that it knows in other drafts only, end here. Keywords of no draft mean nothing,
 * as the standard has it.
 *
 * @throws ConstraintError naming what is not supported, and where
 */
export function preparedSchema(schema: unknown): object {
  if (schema === false) throw new ConstraintError('the schema false allows nothing.')
  const root = prepared(schema === true ? {} : schema, 'the schema')
  if (typeof root === 'boolean') return {}
  return { ...root, 'x-guidance': WRITING }
}

/**
 * How JSON is written: on one line, as `json.dumps` does and most text that models have read. With free blanks, which
 * the standard allows, small models write line breaks until they run out of tokens; and what is fixed is free to draft.
 */
const WRITING = { whitespace_flexible: false, item_separator: ', ', key_separator: ': ' }

/** Keywords whose value is a schema, a list of them, or an object with one under each name. */
const SCHEMAS = new Set(['items', 'additionalItems', 'additionalProperties'])
const LISTS = new Set(['anyOf', 'oneOf', 'allOf', 'prefixItems', 'items'])
const MAPS = new Set(['properties', 'patternProperties', '$defs', 'definitions'])

const UNSUPPORTED = new Set([
  ...['not', 'if', 'then', 'else', 'contains', 'minContains', 'maxContains', 'uniqueItems', 'propertyNames'],
  ...['dependencies', 'dependentRequired', 'dependentSchemas', 'unevaluatedItems', 'unevaluatedProperties'],
  ...['$dynamicRef', '$recursiveRef', 'x-guidance'],
])
/** Beyond, telling whether patterns overlap takes too long. */
const PATTERNS_MAX = 32
const DEPTH_MAX = 64

type Schema = Record<string, unknown>

function prepared(schema: unknown, where: string, depth = 0): Schema | boolean {
  if (typeof schema === 'boolean') return schema
  if (depth > DEPTH_MAX) throw new ConstraintError(`it is nested more than ${DEPTH_MAX} levels deep.`)
  if (!isObject(schema)) throw new ConstraintError(`${where} is neither an object nor a boolean.`)
  const entries = Object.entries(schema).filter(([keyword]) => keyword !== 'format')
  const result: Schema = {}
  for (const [keyword, value] of entries) {
    refuse(keyword, value, where)
    Object.defineProperty(result, keyword, {
      value: inner(keyword, value, where, depth + 1),
      enumerable: true,
      writable: true,
    })
  }
  const bounded = withIntegersThatEnd(result)
  return 'format' in schema ? withFormat(bounded, schema.format, where) : bounded
}

function refuse(keyword: string, value: unknown, where: string): void {
  if (UNSUPPORTED.has(keyword) && !(keyword === 'uniqueItems' && value === false)) {
    throw new ConstraintError(`the keyword '${keyword}' in ${where} is not supported.`)
  }
  if (keyword === '$ref' && !(typeof value === 'string' && /^#(?:$|\/)/.test(value))) {
    throw new ConstraintError(
      `the $ref in ${where} does not begin with '#/': only parts of the schema itself can be meant.`,
    )
  }
  if (keyword === 'patternProperties' && isObject(value) && Object.keys(value).length > PATTERNS_MAX) {
    throw new ConstraintError(`patternProperties in ${where} has more than ${PATTERNS_MAX} patterns.`)
  }
}

function inner(keyword: string, value: unknown, where: string, depth: number): unknown {
  const at = `${where} at ${keyword}`
  if (LISTS.has(keyword) && Array.isArray(value))
    return value.map((each, index) => prepared(each, `${at}[${index}]`, depth))
  if (SCHEMAS.has(keyword)) return prepared(value, at, depth)
  if (MAPS.has(keyword) && isObject(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => [name, prepared(each, `${at}.${name}`, depth)]),
    )
  }
  return keyword === 'uniqueItems' ? undefined : value
}

/** A whole number without bounds gets those of what a double holds: what is beyond, readers of JSON round. */
function withIntegersThatEnd(schema: Schema): Schema {
  const types = Array.isArray(schema.type) ? schema.type : [schema.type]
  if (!types.includes('integer') || types.includes('number')) return schema
  const bounds = (...keywords: string[]) => keywords.flatMap((keyword) => (keyword in schema ? [schema[keyword]] : []))
  const [below, above] = [bounds('minimum', 'exclusiveMinimum'), bounds('maximum', 'exclusiveMaximum')]
  const beyond = [...below, ...above].some((bound) => !(Math.abs(Number(bound)) < Number.MAX_SAFE_INTEGER))
  if (beyond) return schema
  return {
    ...(below.length === 0 && { minimum: Number.MIN_SAFE_INTEGER }),
    ...(above.length === 0 && { maximum: Number.MAX_SAFE_INTEGER }),
    ...schema,
  }
}

/** Formats are patterns beside the schema's own. */
function withFormat(schema: Schema, format: unknown, where: string): Schema {
  const pattern = typeof format === 'string' ? FORMATS.get(format) : undefined
  if (pattern === undefined) {
    throw new ConstraintError(`the format '${String(format)}' in ${where} is not supported.`)
  }
  if (pattern === ANY) return schema
  if (!('pattern' in schema)) return { ...schema, pattern }
  const others = Array.isArray(schema.allOf) ? schema.allOf : []
  return { ...schema, allOf: [...others, { pattern }] }
}

function isObject(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const ANY = ''
