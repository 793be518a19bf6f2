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
const none = z.literal(0, { error: (issue) => `${issue.input} is not supported` }).optional()

/** Keys below the architecture's name, as gguf-py's constants spell them. Any other might change the function. */
const schema = z.strictObject({
  block_count: size,
  context_length: size,
  embedding_length: size,
  feed_forward_length: size,
  vocab_size: size.optional(),
  expert_count: none,
  expert_used_count: none,
  'attention.head_count': size,
  'attention.head_count_kv': size.optional(),
  'attention.key_length': size.optional(),
  'attention.value_length': size.optional(),
  'attention.layer_norm_rms_epsilon': z.number().positive(),
  'rope.dimension_count': size.optional(),
  'rope.freq_base': z.number().positive().optional(),
  'rope.scaling.type': z
    .enum(['none', 'linear'], { error: (issue) => `"${issue.input}" is not supported, only none, linear` })
    .optional(),
  'rope.scaling.factor': z.number().positive().optional(),
})

/** config.json of the model that a file's metadata describes. Throws CheckpointError naming the key that can't be. */
export function configOf({ name: file, metadata, tensors }: GgufFile) {
  const kind = metadata.get('general.type') ?? 'model'
  if (kind !== 'model') throw new CheckpointError(file, 'general.type', `"${kind}" is not supported, only "model"`)
  const architecture = architectureOf(file, metadata.get('general.architecture'))
  const prefix = `${architecture}.`
  const refuse = (key: string, reason: string): never => {
    throw new CheckpointError(file, prefix + key, reason)
  }
  const fields = fieldsOf(metadata, prefix, refuse)
  if (fields.block_count > tensors.size) refuse('block_count', `there are only ${tensors.size} tensors`)
  const factor = fields['rope.scaling.type'] === 'linear' ? (fields['rope.scaling.factor'] ?? 1) : 1
  return {
    architecture,
    config: {
      architectures: [GGUF_ARCHITECTURES[architecture].name],
      vocab_size: tensors.get('token_embd.weight')?.shape[0] ?? refuse('vocab_size', 'there is no token_embd.weight'),
      hidden_size: fields.embedding_length,
      intermediate_size: fields.feed_forward_length,
      num_hidden_layers: fields.block_count,
      ...headsOf(fields, refuse),
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

type Refuse = (key: string, reason: string) => never

function architectureOf(file: string, value: unknown): GgufArchitecture {
  if (value === 'llama' || value === 'qwen3') return value
  const known = Object.keys(GGUF_ARCHITECTURES).join(', ')
  throw new CheckpointError(file, 'general.architecture', `"${value}" is not supported, only ${known}`)
}

function fieldsOf(metadata: GgufFile['metadata'], prefix: string, refuse: Refuse): z.infer<typeof schema> {
  const own = [...metadata].filter(([key]) => key.startsWith(prefix))
  const parsed = schema.safeParse(Object.fromEntries(own.map(([key, value]) => [key.slice(prefix.length), value])))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  if (issue?.code === 'unrecognized_keys') return refuse(issue.keys[0] ?? '', 'is not supported')
  return refuse(issue?.path.join('.') ?? '', issue?.message ?? 'is malformed')
}

function headsOf(fields: z.infer<typeof schema>, refuse: Refuse) {
  const heads = fields['attention.head_count']
  const keyValueHeads = fields['attention.head_count_kv'] ?? heads
  if (heads % keyValueHeads !== 0) refuse('attention.head_count_kv', `${keyValueHeads} does not divide ${heads} heads`)
  const headDim = fields['attention.key_length'] ?? fields.embedding_length / heads
  if (!Number.isInteger(headDim / 2)) refuse('attention.head_count', `${headDim} is no size for a head`)
  if ((fields['attention.value_length'] ?? headDim) !== headDim)
    refuse('attention.value_length', 'differs from that of keys, which is not supported')
  if ((fields['rope.dimension_count'] ?? headDim) !== headDim)
    refuse('rope.dimension_count', 'rotates a part of each head only, which is not supported')
  return { num_attention_heads: heads, num_key_value_heads: keyValueHeads, head_dim: headDim }
}

/** The shortest decimal that gives the same number in single precision: what it was written from, as a rule. */
function decimal(value: number): number {
  const digits = [6, 7, 8].find((count) => Math.fround(Number(value.toPrecision(count))) === Math.fround(value))
  return digits === undefined ? value : Number(value.toPrecision(digits))
}
