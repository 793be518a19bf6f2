import { truncate, writeFile } from 'node:fs/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CheckpointError } from '../checkpoint/error.ts'
import {
  count,
  flag,
  float,
  numbered,
  TINY,
  type TinyChanges,
  text,
  tinyGguf,
  tinyGgufFile,
} from '../testing/tiny-gguf.ts'
import { ChatTemplateError, TokenizerError } from '../tokenizer/error.ts'
import { openGgufModel } from './model.ts'

async function refusal(path: string): Promise<string> {
  try {
    const { file } = await openGgufModel(path)
    await file.close()
    return 'accepted'
  } catch (error) {
    const kinds = [CheckpointError, TokenizerError, ChatTemplateError]
    if (!(error instanceof Error) || !kinds.some((kind) => error instanceof kind)) throw error
    return error.message
  }
}

const strings = (...value: string[]) => ({ type: 'strings', value }) as const

test.each<[string, NonNullable<TinyChanges['metadata']>]>([
  ['general.architecture: "mamba" is not supported, only llama, qwen3', { 'general.architecture': text('mamba') }],
  ['general.type: "adapter" is not supported', { 'general.type': text('adapter') }],
  ['llama.attention.sliding_window: is not supported', { 'llama.attention.sliding_window': count(8) }],
  ['llama.expert_count: 8 is not supported', { 'llama.expert_count': count(8) }],
  ['llama.rope.dimension_count: rotates a part of each head only', { 'llama.rope.dimension_count': count(16) }],
  ['llama.rope.scaling.type: "yarn" is not supported', { 'llama.rope.scaling.type': text('yarn') }],
  ['llama.rope.freq_base: ', { 'llama.rope.freq_base': float(Number.NaN) }],
  ['llama.attention.layer_norm_rms_epsilon: ', { 'llama.attention.layer_norm_rms_epsilon': float(-1) }],
  ['llama.attention.value_length: differs from that of keys', { 'llama.attention.value_length': count(8) }],
  ['llama.attention.head_count_kv: 3 does not divide 2 heads', { 'llama.attention.head_count_kv': count(3) }],
  [
    'llama.attention.head_count: 12.8 is no size for a head',
    { 'llama.attention.head_count': count(5), 'llama.attention.head_count_kv': count(5) },
  ],
  ['llama.context_length: ', { 'llama.context_length': text('64') }],
  ['llama.context_length: ', { 'llama.context_length': undefined }],
  ['llama.block_count: there are only 11 tensors', { 'llama.block_count': count(4_000_000_000) }],
  ['blk.1.attn_norm.weight: is missing', { 'llama.block_count': count(2) }],
  [
    'token_embd.weight: is [31, 64], expected [31, 32]',
    { 'llama.embedding_length': count(32), 'llama.attention.key_length': count(TINY.headDim) },
  ],
  ['tokenizer.ggml.model: "llama" is not supported', { 'tokenizer.ggml.model': text('llama') }],
  ['tokenizer.ggml.model: "undefined" is not supported', { 'tokenizer.ggml.model': undefined }],
  ['tokenizer.ggml.pre: "tekken" is not supported, only gpt-2', { 'tokenizer.ggml.pre': text('tekken') }],
  ['tokenizer.ggml.add_space_prefix: is not supported', { 'tokenizer.ggml.add_space_prefix': flag(true) }],
  ['tokenizer.ggml.add_eos_token: is not supported', { 'tokenizer.ggml.add_eos_token': flag(true) }],
  ['tokenizer.ggml.eos_token_id: 31 is no token', { 'tokenizer.ggml.eos_token_id': count(31) }],
  [
    'tokenizer.ggml.tokens: has "a" twice',
    {
      'tokenizer.ggml.tokens': strings('a', 'b', 'a'),
      'tokenizer.ggml.token_type': { type: 'int32s', value: [1, 1, 1] },
    },
  ],
  ['tokenizer.ggml.token_type: has 31 entries for 2 tokens', { 'tokenizer.ggml.tokens': strings('a', 'b') }],
  ['tokenizer.ggml.merges: "abc" joins no two tokens', { 'tokenizer.ggml.merges': strings('a b', 'abc') }],
  ['tokenizer.ggml.merges: "b c" joins no two tokens', { 'tokenizer.ggml.merges': strings('b c') }],
  ['tokenizer.chat_template: is no string', { 'tokenizer.chat_template': count(1) }],
  ['the chat template does not parse', { 'tokenizer.chat_template': text('{% for %}') }],
  ['general.alignment is 48', { 'general.alignment': count(48) }],
  ['is one of several shards; join them first', { 'split.count': count(3) }],
])('refused: %s', async (message, metadata) => {
  expect(await refusal(await tinyGgufFile({ metadata }))).toContain(message)
})

test.each<[string, NonNullable<TinyChanges['tensors']>]>([
  ['rope_freqs.weight: has no place in llama here', { 'rope_freqs.weight': numbered([16]) }],
  ['blk.0.attn_q.bias: has no place in llama here', { 'blk.0.attn_q.bias': numbered([64]) }],
  ['blk.1.attn_q.weight: has no place in llama here', { 'blk.1.attn_q.weight': numbered([64, 64]) }],
  ['blk.0.attn_v.weight: is missing', { 'blk.0.attn_v.weight': undefined }],
  ['blk.0.ffn_up.weight: is [64, 32], expected [32, 64]', { 'blk.0.ffn_up.weight': numbered([64, 32]) }],
  [
    'blk.0.ffn_up.weight: Q6_K weights are not supported, only F32, F16, BF16, Q4_0, Q4_1, Q8_0',
    { 'blk.0.ffn_up.weight': { type: 'Q6_K', shape: [32, 64], data: new Uint8Array(1_680) } },
  ],
  [
    'blk.0.ffn_up.weight: rows of 48 weights are not whole blocks of 32',
    { 'blk.0.ffn_up.weight': { type: 'Q8_0', shape: [32, 48], data: new Uint8Array(1_632) } },
  ],
])('refused: %s', async (message, tensors) => {
  expect(await refusal(await tinyGgufFile({ tensors }))).toContain(message)
})

test('a shard is known by its name as well', async () => {
  expect(await refusal(await tinyGgufFile({}, 'big-00001-of-00003.gguf'))).toContain('llama-gguf-split --merge')
  expect(await refusal(await tinyGgufFile({}, 'whole-00001-of-00001.gguf'))).toBe('accepted')
})

test('a file that was cut anywhere is refused', async () => {
  const bytes = tinyGguf()
  const path = await tinyGgufFile(bytes)
  const cuts = Array.from({ length: 60 }, (_, at) => Math.floor((at * bytes.length) / 60)).reverse()
  for (const length of cuts) {
    await truncate(path, length)
    expect(await refusal(path)).toMatch(/is truncated/)
  }
})

test('other formats and versions are told apart', async () => {
  const changed = (at: number, ...values: number[]) => {
    const bytes = tinyGguf()
    bytes.set(values, at)
    return tinyGgufFile(bytes)
  }
  expect(await refusal(await changed(0, 0x50))).toContain('is no GGUF file')
  expect(await refusal(await changed(4, 1))).toContain('is GGUF of version 1, which is not supported, only 2, 3')
  expect(await refusal(await changed(4, 0, 0, 0, 3))).toContain('is big-endian')
})

/** A header of these bytes after magic and version, in a file of `size` that is zero beyond them. */
async function hostile(size: number, ...numbers: bigint[]): Promise<string> {
  const path = await tinyGgufFile(
    Buffer.concat([tinyGguf().subarray(0, 8), new Uint8Array(BigUint64Array.from(numbers).buffer)]),
  )
  if (size > 0) await truncate(path, size)
  return path
}

test.each<[string, number, bigint[]]>([
  ['it claims 18446744073709551615 tensors', 0, [2n ** 64n - 1n, 1n]],
  ['it claims 1000000000000 metadata keys', 0, [1n, 10n ** 12n]],
  ['it claims 4611686018427387904 bytes of one string', 0, [1n, 1n, 2n ** 62n]],
  ['its header goes on beyond its end', 0, [1n, 1n, 2n ** 27n]],
  ['"" comes twice', 10 * 2 ** 20, [1n, 60_000n]],
  ['its header goes on beyond 268435456 bytes', 2 ** 40, [0n, 1n, 2n ** 28n]],
  ['it claims 4611686018427387904 entries of ""', 0, [1n, 1n, 0n, 0x0000_0000_0000_0009n, 2n ** 62n]],
])('an absurd header is refused before it costs anything: %s', async (message, size, numbers) => {
  expect(await refusal(await hostile(size, ...numbers))).toContain(message)
})

/** Of the tiny model's file, about. */
const HEADER_BYTES = 2_000

test('damaged files are read or refused, never anything else', async () => {
  const original = tinyGguf()
  const path = await tinyGgufFile(original)
  const damage = fc.record({ at: fc.nat(), to: fc.integer({ min: 0, max: 255 }) })
  await fc.assert(
    fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 4 }), async (hits) => {
      const bytes = Uint8Array.from(original)
      for (const { at, to } of hits) bytes[at % HEADER_BYTES] = to
      await writeFile(path, bytes)
      await refusal(path)
    }),
    { numRuns: 300 },
  )
})
