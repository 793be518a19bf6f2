import { ConstraintError } from '../constraint.ts'
import { larkOfEbnf } from './ebnf/lark.ts'
import { regexOf } from './regex.ts'
import { preparedSchema } from './schema.ts'

/** What a text may be, as tenants write it. */
export type ConstraintSource =
  /** A JSON schema, as JSON. */
  | { readonly kind: 'json'; readonly schema: string }
  /** The whole text matches it. */
  | { readonly kind: 'regex'; readonly pattern: string }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  /** In EBNF (`root ::= …`, as llama.cpp and xgrammar have it) or in Lark (`start: …`). */
  | { readonly kind: 'grammar'; readonly grammar: string }

/** The same as the compiler reads it. @throws ConstraintError */
export function grammarOf(source: ConstraintSource): { kind: 'json' | 'regex' | 'lark'; text: string } {
  const grammar = translated(source)
  if (grammar.text.length <= CHARACTERS_MAX) return grammar
  throw new ConstraintError(`it is longer than ${CHARACTERS_MAX} characters.`)
}

const CHARACTERS_MAX = 1 << 16

function translated(source: ConstraintSource): { kind: 'json' | 'regex' | 'lark'; text: string } {
  switch (source.kind) {
    case 'json':
      return { kind: 'json', text: schemaSource(source.schema) }
    case 'regex':
      return { kind: 'regex', text: regexOf(source.pattern) }
    case 'choice':
      return { kind: 'regex', text: `(?:${source.choices.map(escaped).join('|')})` }
    case 'grammar':
      return { kind: 'lark', text: source.grammar.includes('::=') ? larkOfEbnf(source.grammar) : source.grammar }
  }
}

/** A JSON schema that may stand alone, or behind `%json` in a Lark grammar. @throws ConstraintError */
export function schemaSource(schema: string): string {
  let parsed: unknown
  try {
    parsed = JSON.parse(schema)
  } catch (cause) {
    throw new ConstraintError('it is no JSON.', { cause })
  }
  return JSON.stringify(preparedSchema(parsed))
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/#&~\-\s]/g, (character) =>
    /\s/.test(character) ? `\\x{${character.charCodeAt(0).toString(16)}}` : `\\${character}`,
  )
}
