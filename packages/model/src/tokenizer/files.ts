import { z } from 'zod'
import { check, readJson, readOptionalJson, readOptionalText } from '../checkpoint/json.ts'
import { withUnicodeDigits } from './digits.ts'

/** What the tokenizer's files say, checked. */
export interface TokenizerFiles {
  readonly tokenizer: z.infer<typeof tokenizerSchema>
  readonly config: z.infer<typeof configSchema>
  /** Jinja source. */
  readonly chatTemplate: string | undefined
  /** The one for conversations with tools, where a model has another for them. */
  readonly toolTemplate?: string | undefined
}

const addedToken = z.looseObject({ id: z.number().int().nonnegative(), content: z.string(), special: z.boolean() })
const part: z.ZodType<TokenizerPart> = z.looseObject({
  type: z.string(),
  get decoders() {
    return z.array(part).optional()
  },
})

/** A decoder, or a sequence of them. */
export interface TokenizerPart {
  readonly type: string
  readonly decoders?: readonly TokenizerPart[] | undefined
}

const tokenizerSchema = z.looseObject({
  added_tokens: z.array(addedToken),
  pre_tokenizer: z.unknown().transform(withUnicodeDigits).optional(),
  decoder: part.nullish(),
  model: z.looseObject({ vocab: z.record(z.string(), z.number().int().nonnegative()) }),
})

/** A token in tokenizer_config.json is a string or an object with its content. */
const namedToken = z
  .union([z.string(), z.looseObject({ content: z.string() }).transform(({ content }) => content)])
  .nullish()
const namedTemplates = z.array(z.object({ name: z.string(), template: z.string() }))

const configSchema = z.looseObject({
  bos_token: namedToken,
  eos_token: namedToken,
  unk_token: namedToken,
  pad_token: namedToken,
  chat_template: z.union([z.string(), namedTemplates]).nullish(),
})

/** Reads tokenizer.json, tokenizer_config.json and chat_template.jinja; the latter wins over the config's field. */
export async function readTokenizerFiles(folder: string): Promise<TokenizerFiles> {
  const tokenizer = await readJson(folder, 'tokenizer.json', tokenizerSchema)
  const config = (await readOptionalJson(folder, 'tokenizer_config.json', configSchema)) ?? configSchema.parse({})
  const file = await readOptionalText(folder, 'chat_template.jinja')
  return { tokenizer, config, ...(file === undefined ? templatesOf(config.chat_template) : { chatTemplate: file }) }
}

/** The same of files that are not written yet. */
export function parseTokenizerFiles(tokenizer: unknown, config: unknown): TokenizerFiles {
  const parsed = check('tokenizer_config.json', config, configSchema)
  return {
    tokenizer: check('tokenizer.json', tokenizer, tokenizerSchema),
    config: parsed,
    ...templatesOf(parsed.chat_template),
  }
}

function templatesOf(
  field: string | z.infer<typeof namedTemplates> | null | undefined,
): Pick<TokenizerFiles, 'chatTemplate' | 'toolTemplate'> {
  if (typeof field === 'string') return { chatTemplate: field }
  const named = (wanted: string) => field?.find(({ name }) => name === wanted)?.template
  return { chatTemplate: named('default'), toolTemplate: named('tool_use') }
}
