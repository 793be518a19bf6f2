import type { Checkpoint } from '@foretoken/model'
import type { MetadataValue } from '@foretoken/model/testing/gguf'
import { z } from 'zod'
import { count, flag, text } from './values.ts'

const tokenizerSchema = z.looseObject({
  added_tokens: z.array(z.looseObject({ id: z.int(), content: z.string(), special: z.boolean() })),
  pre_tokenizer: z.unknown(),
  model: z.looseObject({
    vocab: z.record(z.string(), z.int()),
    merges: z.array(z.union([z.string(), z.tuple([z.string(), z.string()]).transform((pair) => pair.join(' '))])),
  }),
})
const token = z
  .union([z.string(), z.looseObject({ content: z.string() }).transform(({ content }) => content)])
  .nullish()
const configSchema = z.looseObject({
  bos_token: token,
  unk_token: token,
  pad_token: token,
  chat_template: z.string().nullish(),
})

/** llama.cpp's names of ways to cut text, by what only they have in tokenizer.json. */
const PRE_TOKENIZERS: readonly (readonly [name: string, mark: string])[] = [
  ['smollm', '"individual_digits":true'],
  ['llama-bpe', String.raw`|\\p{N}{1,3}|`],
  ['qwen2', String.raw`[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}|`],
]

/**
 * The vocabulary, without which llama.cpp loads nothing. Text that it cuts itself is cut as tokenizer.json says only
 * where that is one of PRE_TOKENIZERS or GPT-2's way, which any other is taken for: the benchmark feeds ids.
 */
export function tokenizerMetadata(
  files: { readonly tokenizer: unknown; readonly config: unknown },
  { config, generation }: Checkpoint,
): Record<string, MetadataValue> {
  const { added_tokens, pre_tokenizer, model } = tokenizerSchema.parse(files.tokenizer)
  const named = configSchema.parse(files.config)
  const tokens = Array.from({ length: config.vocabularySize }, (_, id) => `[unused ${id}]`)
  const types = tokens.map(() => TOKEN_TYPES.unused)
  const put = (content: string, id: number, type: number) => {
    tokens[id] = content
    types[id] = type
  }
  for (const [content, id] of Object.entries(model.vocab)) put(content, id, TOKEN_TYPES.normal)
  for (const { content, id, special } of added_tokens)
    put(content, id, special ? TOKEN_TYPES.control : TOKEN_TYPES.userDefined)
  const written = JSON.stringify(pre_tokenizer)
  const idOf = (key: string, content: string | null | undefined) =>
    content && tokens.includes(content) ? { [`tokenizer.ggml.${key}`]: count(tokens.indexOf(content)) } : {}
  return {
    'tokenizer.ggml.model': text('gpt2'),
    'tokenizer.ggml.pre': text(PRE_TOKENIZERS.find(([, mark]) => written.includes(mark))?.[0] ?? 'gpt-2'),
    'tokenizer.ggml.tokens': { type: 'strings', value: tokens },
    'tokenizer.ggml.token_type': { type: 'int32s', value: types },
    'tokenizer.ggml.merges': { type: 'strings', value: model.merges },
    'tokenizer.ggml.eos_token_id': count(generation.eosIds[0] ?? 0),
    ...(generation.eosIds[1] === undefined ? {} : { 'tokenizer.ggml.eot_token_id': count(generation.eosIds[1]) }),
    ...idOf('bos_token_id', named.bos_token),
    ...idOf('unknown_token_id', named.unk_token),
    ...idOf('padding_token_id', named.pad_token),
    'tokenizer.ggml.add_bos_token': flag(false),
    ...(named.chat_template ? { 'tokenizer.chat_template': text(named.chat_template) } : {}),
  }
}

const TOKEN_TYPES = { normal: 1, control: 3, userDefined: 4, unused: 5 }
