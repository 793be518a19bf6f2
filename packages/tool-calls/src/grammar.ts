import type { ToolCallForm } from './form.ts'

/** A function as a grammar has it. */
export interface CallableFunction {
  readonly name: string
  /** The JSON schema of its arguments, as JSON that the grammar's compiler reads. */
  readonly schema: string
}

export interface ToolGrammarOptions {
  /** Nothing but calls. Else the answer may be text, with calls at its end where the form has tags. */
  readonly required: boolean
  /** More than one call, where the form has a way to write them. */
  readonly parallel: boolean
  /** What text has to be where nothing is called, as a JSON schema; absent: anything. */
  readonly content?: string | undefined
}

/**
 * What an answer may be, in llguidance's Lark: calls of these functions, each with arguments that follow its schema. A
 * call is written in one way, blanks included, as models were shown it; so nearly all of it is known before it is
 * sampled. Lexemes end where they can't go on, and never look back: text before a call is one lexeme with the tag.
 */
export function toolGrammar(
  form: ToolCallForm,
  functions: readonly CallableFunction[],
  { required, parallel, content }: ToolGrammarOptions,
): string {
  const rules = functions.flatMap(({ name, schema }, at) => [
    `call_${at}: ${objectHead(form, name)} arguments_${at} "}"`,
    `arguments_${at}: %json ${schema}`,
  ])
  const call = functions.map((_, at) => `call_${at}`).join(' | ')
  return [
    `start: ${alternatives(form, { required, content }).join(' | ')}`,
    ...(form.tags ? taggedRules(form.tags, form.separator, parallel) : bareRules(form.separator, parallel)),
    `call: ${call}`,
    ...rules,
    ...textRules(form, { required, content }),
  ].join('\n')
}

/** In lexemes as those of a JSON schema are, so that an answer that is JSON may begin as a call does. */
function objectHead({ nameKey, argumentsKey }: ToolCallForm, name: string): string {
  const lexemes = ['{', `"${nameKey}"`, ': ', `"${name}"`, ', ', `"${argumentsKey}"`, ': ']
  return lexemes.map((lexeme) => JSON.stringify(lexeme)).join(' ')
}

type Options = Pick<ToolGrammarOptions, 'required' | 'content'>

function alternatives({ tags }: ToolCallForm, { required, content }: Options): string[] {
  const calls = tags && !required ? 'TEXT_AND_TAG behind_tag' : tags ? 'TAG behind_tag' : 'calls'
  if (required) return [calls]
  return [content === undefined ? 'TEXT?' : 'content', content !== undefined && tags ? 'TAG behind_tag' : calls]
}

function taggedRules({ open, close }: NonNullable<ToolCallForm['tags']>, separator: string | null, parallel: boolean) {
  const more = parallel && separator !== null ? ` (${JSON.stringify(`${separator}${open}`)} tagged)*` : ''
  return [
    `behind_tag: tagged${more}`,
    `tagged: ${JSON.stringify('\n')} call ${JSON.stringify(`\n${close}`)}`,
    `TAG: ${JSON.stringify(open)}`,
  ]
}

function bareRules(separator: string | null, parallel: boolean): string[] {
  return [`calls: call${parallel && separator !== null ? ` (${JSON.stringify(separator)} call)*` : ''}`]
}

function textRules({ tags }: ToolCallForm, { required, content }: Options): string[] {
  if (required) return []
  if (content !== undefined) return [`content: %json ${content}`]
  if (!tags) return ['TEXT: /\\s*[^{\\s](.|\\n)*/']
  const tag = tags.open.replaceAll('/', '\\/')
  return [`TEXT: /(.|\\n)+/ & ~/(.|\\n)*${tag}(.|\\n)*/`, `TEXT_AND_TAG: /(.|\\n)*${tag}/ & ~/(.|\\n)*${tag}(.|\\n)+/`]
}
