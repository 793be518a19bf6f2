import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { encodeGguf, type MetadataValue, type WrittenTensor } from './gguf.ts'

/** What a test changes in the tiny model. */
export interface TinyChanges {
  /** Undefined removes a key. */
  readonly metadata?: Readonly<Record<string, MetadataValue | undefined>>
  /** By name, in place of the model's own or beside them; undefined removes one. */
  readonly tensors?: Readonly<Record<string, Omit<WrittenTensor, 'name'> | undefined>>
}

export const text = (value: string): MetadataValue => ({ type: 'string', value })
export const count = (value: number): MetadataValue => ({ type: 'uint32', value })
export const float = (value: number): MetadataValue => ({ type: 'float32', value })
export const flag = (value: boolean): MetadataValue => ({ type: 'bool', value })

export const TINY = { hidden: 64, feedForward: 32, heads: 2, keyValueHeads: 1, headDim: 32 } as const

/** Bytes of a Llama of one layer and a vocabulary of three words and 26 letters. */
export function tinyGguf({ metadata = {}, tensors = {} }: TinyChanges = {}): Uint8Array {
  const keys = Object.entries({ ...METADATA, ...metadata }).flatMap(([key, value]) => (value ? [[key, value]] : []))
  const all = Object.entries({ ...ownTensors(), ...tensors })
  return Buffer.concat(
    encodeGguf(
      Object.fromEntries(keys),
      all.flatMap(([name, tensor]) => (tensor ? { ...tensor, name } : [])),
    ),
  )
}

/** Writes them where the running test may read them. */
export async function tinyGgufFile(changes?: TinyChanges | Uint8Array, name = 'tiny.gguf'): Promise<string> {
  const path = join(await newFolder(), name)
  await writeFile(path, changes instanceof Uint8Array ? changes : tinyGguf(changes))
  return path
}

/** An empty folder that goes when the running test ends. */
export async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'foretoken-gguf-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

const LETTERS = Array.from({ length: 26 }, (_, at) => String.fromCharCode(97 + at))
export const TINY_TOKENS = ['<|end|>', '<|start|>', ...LETTERS, 'ab', 'abc', 'Ġ']

const METADATA: Readonly<Record<string, MetadataValue>> = {
  'general.architecture': text('llama'),
  'llama.block_count': count(1),
  'llama.context_length': count(64),
  'llama.embedding_length': count(TINY.hidden),
  'llama.feed_forward_length': count(TINY.feedForward),
  'llama.attention.head_count': count(TINY.heads),
  'llama.attention.head_count_kv': count(TINY.keyValueHeads),
  'llama.attention.layer_norm_rms_epsilon': float(1e-5),
  'llama.rope.freq_base': float(10_000),
  'llama.rope.dimension_count': count(TINY.headDim),
  'tokenizer.ggml.model': text('gpt2'),
  'tokenizer.ggml.pre': text('smollm'),
  'tokenizer.ggml.tokens': { type: 'strings', value: TINY_TOKENS },
  'tokenizer.ggml.token_type': { type: 'int32s', value: TINY_TOKENS.map((_, id) => (id < 2 ? 3 : 1)) },
  'tokenizer.ggml.merges': { type: 'strings', value: ['a b', 'ab c'] },
  'tokenizer.ggml.eos_token_id': count(0),
  'tokenizer.ggml.bos_token_id': count(1),
  'tokenizer.chat_template': text('{% for message in messages %}<|start|>{{ message.content }}{% endfor %}'),
}

/** Values that tell every weight from any other. */
export function numbered(shape: readonly number[]): Omit<WrittenTensor, 'name'> {
  const length = shape.reduce((product, size) => product * size, 1)
  const values = Float32Array.from({ length }, (_, at) => at)
  return { type: 'F32', shape, data: new Uint8Array(values.buffer) }
}

function ownTensors(): Record<string, Omit<WrittenTensor, 'name'>> {
  const { hidden, feedForward, heads, keyValueHeads, headDim } = TINY
  const shapes = {
    'token_embd.weight': [TINY_TOKENS.length, hidden],
    'output_norm.weight': [hidden],
    'blk.0.attn_norm.weight': [hidden],
    'blk.0.attn_q.weight': [heads * headDim, hidden],
    'blk.0.attn_k.weight': [keyValueHeads * headDim, hidden],
    'blk.0.attn_v.weight': [keyValueHeads * headDim, hidden],
    'blk.0.attn_output.weight': [hidden, heads * headDim],
    'blk.0.ffn_norm.weight': [hidden],
    'blk.0.ffn_gate.weight': [feedForward, hidden],
    'blk.0.ffn_up.weight': [feedForward, hidden],
    'blk.0.ffn_down.weight': [hidden, feedForward],
  }
  return Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, numbered(shape)]))
}
