import { z } from 'zod'
import { CheckpointError } from '../checkpoint/error.ts'
import type { GgufFile } from './file.ts'

/** Which of our architectures llama.cpp's are, and whether its converter reordered the rows of queries and keys. */
export const GGUF_ARCHITECTURES = {
  llama: { name: 'LlamaForCausalLM', interleaved: true },
  qwen3: { name: 'Qwen3ForCausalLM', interleaved: false },
} as const

export type GgufArchitecture = keyof typeof GGUF_ARCHITECTURES

const size = z.int().positive()

/** Keys below the architecture's name, as gguf-py's constants spell them. Any other might change the function. */
const schema = z.strictObject({
  block_count: size,
  context_length: size,
  embedding_length: size,
  feed_forward_length: size,
  vocab_size: size.optional(),
  'attention.head_count': size,
  'attention.head_count_kv': size.optional(),
  'attention.key_length': size.optional(),
  'attention.value_length': size.optional(),
  'attention.layer_norm_rms_epsilon': z.number().positive(),
  'rope.dimension_count': size.optional(),
  'rope.freq_base': z.number().positive().optional(),
  'rope.scaling.type': z.enum(['none', 'linear']).optional(),
  'rope.scaling.factor': z.number().positive().optional(),
})

/** config.json of the model that a file's metadata describes. Throws CheckpointError naming the key that can't be. */
export function configOf({ name: file, metadata, tensors }: GgufFile) {
  const architecture = architectureOf(file, metadata['general.architecture'])
  const prefix = `${architecture}.`
  const own = Object.entries(metadata).filter(([key]) => key.startsWith(prefix))
  const parsed = schema.safeParse(Object.fromEntries(own.map(([key, value]) => [key.slice(prefix.length), value])))
  if (!parsed.success) throw refusalOf(file, prefix, parsed.error)
  const fields = parsed.data
  const refuse = (key: string, reason: string): never => {
    throw new CheckpointError(file, prefix + key, reason)
  }
  const heads = fields['attention.head_count']
  const headDim = fields['attention.key_length'] ?? fields.embedding_length / heads
  if ((fields['attention.value_length'] ?? headDim) !== headDim)
    refuse('attention.value_length', 'differs from that of keys')
  if ((fields['rope.dimension_count'] ?? headDim) !== headDim)
    refuse('rope.dimension_count', 'rotates a part of each head only, which is not supported')
  const factor = fields['rope.scaling.type'] === 'linear' ? (fields['rope.scaling.factor'] ?? 1) : 1
  return {
    architecture,
    config: {
      architectures: [GGUF_ARCHITECTURES[architecture].name],
      vocab_size: tensors.get('token_embd.weight')?.shape[0] ?? refuse('vocab_size', 'there is no token_embd.weight'),
      hidden_size: fields.embedding_length,
      intermediate_size: fields.feed_forward_length,
      num_hidden_layers: fields.block_count,
      num_attention_heads: heads,
      num_key_value_heads: fields['attention.head_count_kv'] ?? heads,
      head_dim: headDim,
      hidden_act: 'silu',
      rms_norm_eps: decimal(fields['attention.layer_norm_rms_epsilon']),
      max_position_embeddings: fields.context_length,
      rope_theta: decimal(fields['rope.freq_base'] ?? 10_000),
      ...(factor === 1 ? {} : { rope_scaling: { rope_type: 'linear', factor: decimal(factor) } }),
      tie_word_embeddings: !tensors.has('output.weight'),
      torch_dtype: 'float32',
    },
  }
}

function architectureOf(file: string, value: unknown): GgufArchitecture {
  if (value === 'llama' || value === 'qwen3') return value
  const known = Object.keys(GGUF_ARCHITECTURES).join(', ')
  throw new CheckpointError(file, 'general.architecture', `"${value}" is not supported, only ${known}`)
}

function refusalOf(file: string, prefix: string, { issues }: z.ZodError): CheckpointError {
  const [issue] = issues
  if (issue?.code === 'unrecognized_keys') return new CheckpointError(file, prefix + issue.keys[0], 'is not supported')
  return new CheckpointError(file, prefix + (issue?.path.join('.') ?? ''), issue?.message ?? 'is malformed')
}

/** The short decimal that a single-precision number was written from. */
const decimal = (value: number) => Number(value.toPrecision(7))
