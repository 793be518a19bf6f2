import { z } from 'zod'
import { CheckpointError } from '../checkpoint/error.ts'
import type { GgufFile } from './file.ts'
import { BYTE_LEVEL_DECODER, PRE_TOKENIZERS } from './pre-tokenizers.ts'

const tokenId = z.int().nonnegative()
const off = z.literal(false, { error: () => 'is not supported' }).optional()
const schema = z.object({
  model: z.literal('gpt2', { error: (issue) => `"${issue.input}" is not supported, only byte-level "gpt2"` }),
  pre: z.string().optional(),
  tokens: z.array(z.string()),
  token_type: z.array(z.int()),
  merges: z.array(z.string()),
  add_bos_token: z.boolean().optional(),
  add_eos_token: off,
  add_sep_token: off,
  add_space_prefix: off,
  remove_extra_whitespaces: off,
  bos_token_id: tokenId.optional(),
  eos_token_id: tokenId.optional(),
  eot_token_id: tokenId.optional(),
  eom_token_id: tokenId.optional(),
  unknown_token_id: tokenId.optional(),
  padding_token_id: tokenId.optional(),
})

/** What a token is, as llama.cpp's llama_token_type numbers it. */
const CONTROL = 3
const USER_DEFINED = 4
/** Ids that no text has, neither way. */
const UNUSED = 5

const PREFIX = 'tokenizer.ggml.'
const TEMPLATE = 'tokenizer.chat_template'

/** tokenizer.json, tokenizer_config.json and generation_config.json of a file. Throws CheckpointError naming the key. */
export function tokenizerOf(file: GgufFile, vocabularySize: number) {
  const { tokens, token_type: types, merges, pre = 'gpt-2', add_bos_token, ...ids } = fieldsOf(file)
  const refuse = (key: string, reason: string): never => {
    throw new CheckpointError(file.name, key, reason)
  }
  const preTokenizer = PRE_TOKENIZERS.get(pre)
  if (!preTokenizer)
    return refuse(`${PREFIX}pre`, `"${pre}" is not supported, only ${[...PRE_TOKENIZERS.keys()].join(', ')}`)
  if (types.length !== tokens.length)
    refuse(`${PREFIX}token_type`, `has ${types.length} entries for ${tokens.length} tokens`)
  if (tokens.length > vocabularySize)
    refuse(`${PREFIX}tokens`, `has ${tokens.length} entries, but token_embd.weight ${vocabularySize} rows`)
  const vocabulary = new Map(tokens.map((token, id) => [token, id]))
  const repeated = tokens.find((token, id) => vocabulary.get(token) !== id)
  if (repeated !== undefined) refuse(`${PREFIX}tokens`, `has ${JSON.stringify(repeated)} twice`)
  const broken = merges.find((merge) => !isMerge(merge, vocabulary))
  if (broken !== undefined) refuse(`${PREFIX}merges`, `${JSON.stringify(broken)} joins no two tokens to a third`)
  for (const [name, id] of Object.entries(ids))
    if (typeof id === 'number' && id >= tokens.length) refuse(PREFIX + name, `${id} is no token`)
  const template = file.metadata.get(TEMPLATE)
  if (template !== undefined && typeof template !== 'string') refuse(TEMPLATE, 'is no string')

  const nameOf = (id: number | undefined) => (id === undefined ? undefined : tokens[id])
  const bos = nameOf(ids.bos_token_id)
  const begins = add_bos_token ?? preTokenizer.llama3 ?? false
  const ends = [ids.eos_token_id, ids.eot_token_id, ids.eom_token_id].filter((id) => id !== undefined)
  return {
    'tokenizer.json': {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: addedTokens(tokens, types),
      normalizer: null,
      pre_tokenizer: preTokenizer.json,
      post_processor: begins && bos !== undefined ? beginsWith(bos, ids.bos_token_id ?? 0) : null,
      decoder: BYTE_LEVEL_DECODER,
      model: {
        ...{ type: 'BPE', dropout: null, unk_token: null, continuing_subword_prefix: null, end_of_word_suffix: null },
        ...{ fuse_unk: false, byte_fallback: false, ignore_merges: preTokenizer.llama3 ?? false },
        vocab: Object.fromEntries([...vocabulary].filter(([token, id]) => isMergeable(token, types[id]))),
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
      chat_template: template,
    },
    'generation_config.json': { eos_token_id: [...new Set(ends)] },
  }
}

function fieldsOf({ name: file, metadata }: GgufFile): z.infer<typeof schema> {
  const own = [...metadata].filter(([key]) => key.startsWith(PREFIX))
  const parsed = schema.safeParse(Object.fromEntries(own.map(([key, value]) => [key.slice(PREFIX.length), value])))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new CheckpointError(file, PREFIX + (issue?.path.join('.') ?? ''), issue?.message ?? 'is malformed')
}

/** Added tokens may hold what no merging gives, such as a space. */
function isMergeable(token: string, type: number | undefined): boolean {
  return type !== UNUSED && ((type !== CONTROL && type !== USER_DEFINED) || BYTE_LEVEL.test(token))
}

/** The characters that stand for bytes. */
const BYTE_LEVEL = /^[\u0021-\u007e\u00a1-\u00ac\u00ae-\u0143]*$/

function isMerge(merge: string, vocabulary: ReadonlyMap<string, number>): boolean {
  const space = merge.indexOf(' ', 1)
  const [left, right] = [merge.slice(0, space), merge.slice(space + 1)]
  return space > 0 && [left, right, left + right].every((token) => vocabulary.has(token))
}

function addedTokens(tokens: readonly string[], types: readonly number[]) {
  return tokens.flatMap((content, id) => {
    const special = types[id] === CONTROL
    if (!special && types[id] !== USER_DEFINED) return []
    return [{ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special }]
  })
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
