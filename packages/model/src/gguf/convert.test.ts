import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { toFloat32 } from '@foretoken/storage'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openCheckpoint } from '../checkpoint/checkpoint.ts'
import { readSafetensorsHeader, readTensor } from '../checkpoint/safetensors.ts'
import { count, flag, newFolder, numbered, TINY, TINY_TOKENS, text, tinyGgufFile } from '../testing/tiny-gguf.ts'
import { Tokenizer } from '../tokenizer/tokenizer.ts'
import { convertGguf } from './convert.ts'
import { inspectGguf } from './inspect.ts'

async function imported(...changes: Parameters<typeof tinyGgufFile>): Promise<string> {
  const folder = await newFolder()
  await convertGguf(await tinyGgufFile(...changes), folder)
  return folder
}

const json = async (folder: string, file: string) => JSON.parse(await readFile(join(folder, file), 'utf8'))

test('a file becomes a folder that opens as any other', async () => {
  const folder = await imported()
  const { config, generation, tensors } = await openCheckpoint(folder)
  expect(config).toMatchObject({
    architecture: 'LlamaForCausalLM',
    hiddenSize: TINY.hidden,
    heads: TINY.heads,
    keyValueHeads: TINY.keyValueHeads,
    headDim: TINY.headDim,
    vocabularySize: TINY_TOKENS.length,
    normEpsilon: 1e-5,
    tiedHead: true,
  })
  expect(generation.eosIds).toEqual([0])
  expect(tensors.size).toBe(11)
  const tokenizer = await Tokenizer.open(folder)
  expect(tokenizer.encode('abcab')).toEqual([29, 28])
  expect(tokenizer.encodeChat([{ role: 'user', content: 'abc' }])).toEqual([1, 29])
})

test('inspecting says what conversion would give', async () => {
  const path = await tinyGgufFile()
  const summary = await inspectGguf(path)
  const stored = await readSafetensorsHeader(join(await imported(), 'model.safetensors'))
  const bytes = [...stored.values()].reduce((sum, tensor) => sum + tensor.bytes, 0)
  expect(summary).toMatchObject({ parameters: bytes / 4, weightBytes: bytes, storedAs: ['F32'], layers: 1 })
})

test('rows of queries and keys come back from the order that llama.cpp gives them', async () => {
  const { heads, headDim, hidden } = TINY
  const half = headDim / 2
  const own = numbered([heads * headDim, hidden])
  // Its converter: reshape to [heads, 2, half], swap the last two.
  const rows = Array.from({ length: heads * headDim }, (_, row) => {
    const [head, within] = [Math.floor(row / headDim), row % headDim]
    return head * headDim + (within % 2) * half + Math.floor(within / 2)
  })
  const permuted = Buffer.concat(rows.map((row) => own.data.subarray(row * hidden * 4, (row + 1) * hidden * 4)))
  const folder = await imported({ tensors: { 'blk.0.attn_q.weight': { ...own, data: permuted } } })
  const { floats } = await openCheckpoint(folder)
  const query = await floats('model.layers.0.self_attn.q_proj.weight')
  expect(Buffer.from(query.buffer).equals(own.data)).toBe(true)
  const value = await floats('model.layers.0.self_attn.v_proj.weight')
  expect(value.every((weight, at) => weight === at)).toBe(true)
})

test('tensors of 16 bits stay as they are, and an untied head is one', async () => {
  const shape = [TINY_TOKENS.length, TINY.hidden]
  const data = Uint8Array.from({ length: 2 * TINY_TOKENS.length * TINY.hidden }, (_, at) => at % 120)
  const folder = await imported({ tensors: { 'output.weight': { type: 'BF16', shape, data } } })
  expect((await openCheckpoint(folder)).config.tiedHead).toBe(false)
  const head = (await readSafetensorsHeader(join(folder, 'model.safetensors'))).get('lm_head.weight')
  expect(head?.dtype).toBe('BF16')
  expect(head && Buffer.from((await readTensor(head)).data).equals(data)).toBe(true)
})

test('a tensor that is longer than a piece is joined from pieces', async () => {
  const rows = 2 ** 16 + 96 // × 64 weights: a little more than a piece
  const tokens = Array.from({ length: rows }, (_, id) => (id < TINY_TOKENS.length ? TINY_TOKENS[id] : `unused ${id}`))
  const bytes = new Uint8Array(rows * 2 * 34)
  for (let block = 0; block < rows * 2; block++) {
    bytes.set([0x00, 0x3c], block * 34) // a scale of one
    bytes[block * 34 + 2] = block % 127
  }
  const folder = await imported({
    metadata: {
      'tokenizer.ggml.tokens': { type: 'strings', value: tokens.map((token) => token ?? '') },
      'tokenizer.ggml.token_type': { type: 'int32s', value: tokens.map((_, id) => (id < TINY_TOKENS.length ? 1 : 5)) },
    },
    tensors: { 'token_embd.weight': { type: 'Q8_0', shape: [rows, TINY.hidden], data: bytes } },
  })
  const stored = (await readSafetensorsHeader(join(folder, 'model.safetensors'))).get('model.embed_tokens.weight')
  if (!stored) throw new Error('there is no embedding')
  const weights = toFloat32(await readTensor(stored))
  expect(weights.length).toBe(rows * TINY.hidden)
  expect(weights.every((weight, at) => weight === (at % 32 === 0 ? (at / 32) % 127 : 0))).toBe(true)
})

test('a number in single precision becomes the decimal that it was written from', async () => {
  const decimals = fc.oneof(
    fc.constantFrom(1e-5, 1e-6, 10_000, 500_000, 1e6),
    fc.float({ min: 2 ** -60, noNaN: true, noDefaultInfinity: true }),
  )
  await fc.assert(
    fc.asyncProperty(decimals, async (value) => {
      const stored = Math.fround(value)
      const path = await tinyGgufFile({ metadata: { 'llama.rope.freq_base': { type: 'float32', value } } })
      const { rope } = await inspectGguf(path)
      expect(Math.fround(rope.theta)).toBe(stored)
      expect(String(rope.theta).length).toBeLessThanOrEqual(String(stored).length)
    }),
    { numRuns: 20 },
  )
})

test('linear scaling of positions is kept, and a factor without it means nothing', async () => {
  const factor = { 'llama.rope.scaling.factor': { type: 'float32', value: 2 } } as const
  const scaled = await imported({ metadata: { ...factor, 'llama.rope.scaling.type': text('linear') } })
  expect(await json(scaled, 'config.json')).toMatchObject({ rope_scaling: { rope_type: 'linear', factor: 2 } })
  expect(await json(await imported({ metadata: factor }), 'config.json')).not.toHaveProperty('rope_scaling')
})

test('a begin-of-text token is added where the file says so, and for Llama 3 where it is silent', async () => {
  const encoded = async (metadata: NonNullable<Parameters<typeof tinyGgufFile>[0]>) =>
    (await Tokenizer.open(await imported(metadata))).encode('ab')
  const pre = { 'tokenizer.ggml.pre': text('llama-bpe') }
  const added = (value: boolean) => ({ 'tokenizer.ggml.add_bos_token': flag(value) })
  expect(await encoded({})).toEqual([28])
  expect(await encoded({ metadata: added(true) })).toEqual([1, 28])
  expect(await encoded({ metadata: pre })).toEqual([1, 28])
  expect(await encoded({ metadata: { ...pre, ...added(false) } })).toEqual([28])
})

test('every token that ends a turn or a message ends a completion', async () => {
  const ends = { 'tokenizer.ggml.eot_token_id': count(1), 'tokenizer.ggml.eom_token_id': count(0) }
  expect(await json(await imported({ metadata: ends }), 'generation_config.json')).toEqual({ eos_token_id: [0, 1] })
})

test('tokens that users defined are found in texts, also those with spaces; unused ones never', async () => {
  const tokens = [...TINY_TOKENS, 'a b', '<unused 1>']
  const folder = await imported({
    metadata: {
      'tokenizer.ggml.tokens': { type: 'strings', value: tokens },
      'tokenizer.ggml.token_type': { type: 'int32s', value: [3, 3, ...new Array(29).fill(1), 4, 5] },
    },
    tensors: { 'token_embd.weight': numbered([tokens.length, TINY.hidden]) },
  })
  const tokenizer = await Tokenizer.open(folder)
  expect(tokenizer.encode('ca bc')).toEqual([4, 31, 4])
  expect(tokenizer.decode([4, 31, 32, 4])).toBe('ca bc')
})

test('integers of 64 bits count as well', async () => {
  const folder = await imported({ metadata: { 'llama.context_length': { type: 'uint64', value: 128 } } })
  expect((await openCheckpoint(folder)).config.positionsMax).toBe(128)
})
