import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Checkpoint, openCheckpoint } from '@foretoken/model'
import { encodeGguf, type MetadataValue, type WrittenTensor } from '@foretoken/model/testing/gguf'
import { toQ8 } from './quantise.ts'
import { tokenizerMetadata } from './tokenizer.ts'
import { count, float, text } from './values.ts'

export type GgufWeights = 'F32' | 'Q8_0'

export interface GgufOptions {
  readonly weights: GgufWeights
  /** Only the first layers, under the same final norm and head: a draft that needs no training. Absent: all. */
  readonly layers?: number
  /** llama.cpp's name for the way in which text is cut. Absent: the one that tokenizer.json describes. */
  readonly preTokenizer?: string
}

/** What llama.cpp calls an architecture, and whether it wants the rows of queries and keys in another order. */
const ARCHITECTURES = new Map([
  ['LlamaForCausalLM', { name: 'llama', interleaved: true }],
  ['Qwen3ForCausalLM', { name: 'qwen3', interleaved: false }],
])

/** Writes a Llama or Qwen3 checkpoint (a Hugging Face folder) as a GGUF file that llama.cpp loads. */
export async function writeGguf(folder: string, path: string, options: GgufOptions): Promise<void> {
  const { weights, layers, preTokenizer } = options
  const checkpoint = await openCheckpoint(folder)
  const kept = Math.min(layers ?? checkpoint.config.layers, checkpoint.config.layers)
  const read = async (name: string) => JSON.parse(await readFile(join(folder, name), 'utf8'))
  const files = { tokenizer: await read('tokenizer.json'), config: await read('tokenizer_config.json') }
  const metadata = {
    ...modelMetadata(checkpoint, kept, weights),
    ...tokenizerMetadata(files, checkpoint),
    ...(preTokenizer !== undefined && { 'tokenizer.ggml.pre': text(preTokenizer) }),
  }
  await writeFile(path, encodeGguf(metadata, await tensorsOf(checkpoint, kept, weights)))
}

function kindOf({ id, config }: Checkpoint) {
  const kind = ARCHITECTURES.get(config.architecture)
  if (!kind || config.rope.scaling.type === 'llama3')
    throw new Error(`${id} can't be written as GGUF: only Llama and Qwen3, their positions scaled linearly or not.`)
  return kind
}

/** Names and keys as llama.cpp's converter gives them (convert_hf_to_gguf.py, gguf-py/gguf/constants.py). */
function modelMetadata(checkpoint: Checkpoint, layers: number, weights: GgufWeights): Record<string, MetadataValue> {
  const { id, config } = checkpoint
  const { name } = kindOf(checkpoint)
  const { scaling } = config.rope
  const own = {
    block_count: count(layers),
    context_length: count(config.positionsMax),
    embedding_length: count(config.hiddenSize),
    feed_forward_length: count(config.feedForwardSize),
    vocab_size: count(config.vocabularySize),
    'attention.head_count': count(config.heads),
    'attention.head_count_kv': count(config.keyValueHeads),
    'attention.key_length': count(config.headDim),
    'attention.value_length': count(config.headDim),
    'attention.layer_norm_rms_epsilon': float(config.normEpsilon),
    'rope.dimension_count': count(config.headDim),
    'rope.freq_base': float(config.rope.theta),
    ...(scaling.type === 'linear' && {
      'rope.scaling.type': text('linear'),
      'rope.scaling.factor': float(scaling.factor),
    }),
  }
  return {
    'general.architecture': text(name),
    'general.type': text('model'),
    'general.name': text(id),
    'general.file_type': count(weights === 'F32' ? 0 : 7),
    'general.quantization_version': count(2),
    ...Object.fromEntries(Object.entries(own).map(([key, value]) => [`${name}.${key}`, value])),
  }
}

/** A tied head is left out: llama.cpp then takes the embedding. Norms are never quantised. */
async function tensorsOf(checkpoint: Checkpoint, layers: number, weights: GgufWeights): Promise<WrittenTensor[]> {
  const { tensors, floats } = checkpoint
  const written: WrittenTensor[] = []
  for (const { name, source, heads } of placesOf(checkpoint, layers)) {
    const shape = tensors.get(source)?.shape ?? []
    const values = interleaved(await floats(source), shape[0] ?? 1, heads)
    const plain = weights === 'F32' || shape.length === 1
    const data = plain ? new Uint8Array(values.buffer, values.byteOffset, values.byteLength) : toQ8(values)
    written.push({ name, shape, type: plain ? 'F32' : 'Q8_0', data })
  }
  return written
}

interface Place {
  readonly name: string
  readonly source: string
  /** Heads whose rows are written in llama.cpp's order. */
  readonly heads?: number
}

function placesOf(checkpoint: Checkpoint, layers: number): Place[] {
  const { architecture, config } = checkpoint
  const { layer: names } = architecture
  const kind = kindOf(checkpoint)
  const places: Place[] = [
    { name: 'token_embd.weight', source: architecture.embedding },
    { name: 'output_norm.weight', source: architecture.finalNorm },
  ]
  if (!config.tiedHead) places.push({ name: 'output.weight', source: architecture.head })
  for (let layer = 0; layer < layers; layer++) {
    const add = (name: string, source: string, heads?: number) =>
      places.push({
        name: `blk.${layer}.${name}.weight`,
        source: source.replace('{layer}', String(layer)),
        ...(heads !== undefined && kind.interleaved && { heads }),
      })
    add('attn_norm', names.inputNorm)
    add('attn_q', names.query, config.heads)
    add('attn_k', names.key, config.keyValueHeads)
    add('attn_v', names.value)
    if (names.headNorms) add('attn_q_norm', names.headNorms.query)
    if (names.headNorms) add('attn_k_norm', names.headNorms.key)
    add('attn_output', names.output)
    add('ffn_norm', names.feedForwardNorm)
    add('ffn_gate', names.gate)
    add('ffn_up', names.up)
    add('ffn_down', names.down)
  }
  return places
}

/** The two rows of a head that one rotation mixes lie half a head apart at Hugging Face, side by side in llama.cpp. */
function interleaved(values: Float32Array, rows: number, heads: number | undefined): Float32Array {
  if (heads === undefined) return values
  const columns = values.length / rows
  const half = rows / heads / 2
  const ordered = new Float32Array(values.length)
  for (let row = 0; row < rows; row++) {
    const [head, within] = [Math.floor(row / (2 * half)), row % (2 * half)]
    const to = head * 2 * half + 2 * (within % half) + Math.floor(within / half)
    ordered.set(values.subarray(row * columns, (row + 1) * columns), to * columns)
  }
  return ordered
}
