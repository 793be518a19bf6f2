import { z } from 'zod'
import { CheckpointError } from '../checkpoint/error.ts'
import type { GgufFile } from './file.ts'

const tokenId = z.int().nonnegative()
const schema = z.object({
  model: z.string(),
  pre: z.string().optional(),
  tokens: z.array(z.string()),
  token_type: z.array(z.int()),
  merges: z.array(z.string()),
  add_bos_token: z.boolean().optional(),
  bos_token_id: tokenId.optional(),
  eos_token_id: tokenId.optional(),
  eot_token_id: tokenId.optional(),
  unknown_token_id: tokenId.optional(),
  padding_token_id: tokenId.optional(),
})

/** What a token is, as llama.cpp's llama_token_type numbers it. */
const CONTROL = 3
const USER_DEFINED = 4

const byteLevel = (useRegex: boolean) => ({
  type: 'ByteLevel',
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: useRegex,
})
const split = (pattern: string) => ({
  type: 'Sequence',
  pretokenizers: [
    { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false },
    byteLevel(false),
  ],
})
const words = (digits: string) =>
  `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`

/** How text is cut before merging, by the name that `tokenizer.ggml.pre` gives it (llama.cpp's llama-vocab.cpp). */
const PRE_TOKENIZERS: Readonly<Record<string, object>> = {
  'gpt-2': byteLevel(true),
  smollm: { type: 'Sequence', pretokenizers: [{ type: 'Digits', individual_digits: true }, byteLevel(true)] },
  'llama-bpe': split(words('\\p{N}{1,3}')),
  llama3: split(words('\\p{N}{1,3}')),
  qwen2: split(words('\\p{N}')),
}

/** tokenizer.json, tokenizer_config.json and generation_config.json of a file. Throws CheckpointError naming the key. */
export function tokenizerOf({ name: file, metadata }: GgufFile): Record<string, object> {
  const prefix = 'tokenizer.ggml.'
  const own = Object.entries(metadata).flatMap(([key, value]) =>
    key.startsWith(prefix) ? [[key.slice(prefix.length), value]] : [],
  )
  const refuse = (key: string, reason: string): never => {
    throw new CheckpointError(file, prefix + key, reason)
  }
  const values: Record<string, unknown> = Object.fromEntries(own)
  if (values.model !== 'gpt2') refuse('model', `"${values.model}" is not supported, only byte-level "gpt2"`)
  const parsed = schema.safeParse(values)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    return refuse(issue?.path.join('.') ?? '', issue?.message ?? 'is malformed')
  }
  const { tokens, token_type: types, merges, pre = 'gpt-2', ...ids } = parsed.data
  if (types.length !== tokens.length) refuse('token_type', `has ${types.length} entries for ${tokens.length} tokens`)
  const preTokenizer = PRE_TOKENIZERS[pre]
  if (!preTokenizer) refuse('pre', `"${pre}" is not supported, only ${Object.keys(PRE_TOKENIZERS).join(', ')}`)

  const added = tokens.flatMap((content, id) => {
    const type = types[id]
    if (type !== CONTROL && type !== USER_DEFINED) return []
    return [
      { id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: type === CONTROL },
    ]
  })
  const nameOf = (id: number | undefined) => (id === undefined ? undefined : tokens[id])
  const bos = nameOf(ids.bos_token_id)
  const endIds = [...new Set([ids.eos_token_id, ids.eot_token_id].filter((id) => id !== undefined))]
  return {
    'tokenizer.json': {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: added,
      normalizer: null,
      pre_tokenizer: preTokenizer,
      post_processor: ids.add_bos_token && bos !== undefined ? beginsWith(bos, ids.bos_token_id ?? 0) : null,
      decoder: { ...byteLevel(true), add_prefix_space: true },
      model: {
        ...{ type: 'BPE', dropout: null, unk_token: null, continuing_subword_prefix: null, end_of_word_suffix: null },
        ...{ fuse_unk: false, byte_fallback: false, ignore_merges: pre === 'llama-bpe' || pre === 'llama3' },
        vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
        merges,
      },
    },
    'tokenizer_config.json': {
      tokenizer_class: 'PreTrainedTokenizerFast',
      clean_up_tokenization_spaces: false,
      bos_token: bos,
      eos_token: nameOf(ids.eos_token_id),
      unk_token: nameOf(ids.unknown_token_id),
      pad_token: nameOf(ids.padding_token_id),
      chat_template: metadata['tokenizer.chat_template'],
    },
    'generation_config.json': { eos_token_id: endIds },
  }
}

/** A begin-of-text token before each text, as tokenizers' TemplateProcessing has it. */
function beginsWith(token: string, id: number) {
  const special = { SpecialToken: { id: token, type_id: 0 } }
  return {
    type: 'TemplateProcessing',
    single: [special, { Sequence: { id: 'A', type_id: 0 } }],
    pair: [special, { Sequence: { id: 'A', type_id: 0 } }, special, { Sequence: { id: 'B', type_id: 1 } }],
    special_tokens: { [token]: { id: token, ids: [id], tokens: [token] } },
  }
}
