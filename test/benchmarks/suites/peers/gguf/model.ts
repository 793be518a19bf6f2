import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Checkpoint, openCheckpoint } from '@foretoken/model'
import { z } from 'zod'
import { encodeGguf, type GgufTensor, type MetadataValue } from './format.ts'
import { toQ8 } from './quantise.ts'

export type GgufWeights = 'F32' | 'Q8_0'

export interface GgufOptions {
  readonly weights: GgufWeights
  /** Only the first layers, under the same final norm and head: a draft that needs no training. Absent: all. */
  readonly layers?: number
}

/** Writes a Qwen3 checkpoint (a Hugging Face folder) as a GGUF file that llama.cpp loads. */
export async function writeGguf(folder: string, path: string, { weights, layers }: GgufOptions): Promise<void> {
  const checkpoint = await openCheckpoint(folder)
  const kept = Math.min(layers ?? checkpoint.config.layers, checkpoint.config.layers)
  const tokenizer = tokenizerFile.parse(JSON.parse(await readFile(join(folder, 'tokenizer.json'), 'utf8')))
  const metadata = { ...modelMetadata(checkpoint, kept, weights), ...tokenizerMetadata(tokenizer, checkpoint) }
  await writeFile(path, encodeGguf(metadata, await tensorsOf(checkpoint, kept, weights)))
}

/** Names and keys as llama.cpp's converter gives them (convert_hf_to_gguf.py, gguf-py/gguf/constants.py). */
function modelMetadata({ id, config }: Checkpoint, layers: number, weights: GgufWeights) {
  if (config.architecture !== 'Qwen3ForCausalLM' || config.rope.scaling.type !== 'default')
    throw new Error(`${id} is not a Qwen3 checkpoint without rope scaling; the GGUF writer knows no other.`)
  return {
    'general.architecture': text('qwen3'),
    'general.name': text(id),
    'general.file_type': count(weights === 'F32' ? 0 : 7),
    'general.quantization_version': count(2),
    'qwen3.block_count': count(layers),
    'qwen3.context_length': count(config.positionsMax),
    'qwen3.embedding_length': count(config.hiddenSize),
    'qwen3.feed_forward_length': count(config.feedForwardSize),
    'qwen3.attention.head_count': count(config.heads),
    'qwen3.attention.head_count_kv': count(config.keyValueHeads),
    'qwen3.attention.key_length': count(config.headDim),
    'qwen3.attention.value_length': count(config.headDim),
    'qwen3.attention.layer_norm_rms_epsilon': float(config.normEpsilon),
    'qwen3.rope.freq_base': float(config.rope.theta),
  }
}

const tokenizerFile = z.looseObject({
  added_tokens: z.array(z.looseObject({ id: z.number().int(), special: z.boolean() })),
  model: z.looseObject({
    vocab: z.record(z.string(), z.number().int()),
    merges: z.array(z.union([z.string(), z.tuple([z.string(), z.string()]).transform((pair) => pair.join(' '))])),
  }),
})

/** llama.cpp won't load without a vocabulary. It is only fed ids here, so how it would split text does not matter. */
function tokenizerMetadata(file: z.infer<typeof tokenizerFile>, { config, generation }: Checkpoint) {
  const tokens = Array.from({ length: config.vocabularySize }, (_, id) => `[unused ${id}]`)
  const types = tokens.map(() => TOKEN_TYPES.unused)
  for (const [token, id] of Object.entries(file.model.vocab)) {
    tokens[id] = token
    types[id] = TOKEN_TYPES.normal
  }
  for (const { id, special } of file.added_tokens) if (special) types[id] = TOKEN_TYPES.control
  return {
    'tokenizer.ggml.model': text('gpt2'),
    'tokenizer.ggml.pre': text('gpt-2'),
    'tokenizer.ggml.tokens': { type: 'strings', value: tokens },
    'tokenizer.ggml.token_type': { type: 'int32s', value: types },
    'tokenizer.ggml.merges': { type: 'strings', value: file.model.merges },
    'tokenizer.ggml.eos_token_id': count(generation.eosIds[0] ?? 0),
    'tokenizer.ggml.add_bos_token': { type: 'bool', value: false },
  } satisfies Record<string, MetadataValue>
}

const TOKEN_TYPES = { normal: 1, control: 3, unused: 5 }

/** A tied head is left out: llama.cpp then takes the embedding. Norms are never quantised. */
async function tensorsOf({ architecture, config, tensors, floats }: Checkpoint, layers: number, weights: GgufWeights) {
  const { layer: names } = architecture
  const sources: [name: string, source: string][] = [
    ['token_embd.weight', architecture.embedding],
    ['output_norm.weight', architecture.finalNorm],
  ]
  if (!config.tiedHead) sources.push(['output.weight', architecture.head])
  for (let layer = 0; layer < layers; layer++) {
    const add = (name: string, source: string) =>
      sources.push([`blk.${layer}.${name}.weight`, source.replace('{layer}', String(layer))])
    add('attn_norm', names.inputNorm)
    add('attn_q', names.query)
    add('attn_k', names.key)
    add('attn_v', names.value)
    if (names.headNorms) add('attn_q_norm', names.headNorms.query)
    if (names.headNorms) add('attn_k_norm', names.headNorms.key)
    add('attn_output', names.output)
    add('ffn_norm', names.feedForwardNorm)
    add('ffn_gate', names.gate)
    add('ffn_up', names.up)
    add('ffn_down', names.down)
  }
  const encoded: GgufTensor[] = []
  for (const [name, source] of sources) {
    const shape = tensors.get(source)?.shape ?? []
    const values = await floats(source)
    const plain = weights === 'F32' || shape.length === 1
    encoded.push({
      name,
      shape,
      type: plain ? 'F32' : 'Q8_0',
      data: plain ? new Uint8Array(values.buffer, values.byteOffset, values.byteLength) : toQ8(values),
    })
  }
  return encoded
}

const text = (value: string): MetadataValue => ({ type: 'string', value })
const count = (value: number): MetadataValue => ({ type: 'uint32', value })
const float = (value: number): MetadataValue => ({ type: 'float32', value })
