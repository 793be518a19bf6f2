import { z } from 'zod'
import { architectureNames, architectures } from '../architecture/index.ts'
import { CheckpointError } from './error.ts'
import { check, readJson } from './json.ts'
import { type Rope, ropeFields, ropeOf } from './rope.ts'

/** What config.json says, in our words. */
export interface ModelConfig {
  readonly architecture: string
  readonly vocabularySize: number
  readonly hiddenSize: number
  readonly feedForwardSize: number
  readonly layers: number
  readonly heads: number
  readonly keyValueHeads: number
  readonly headDim: number
  readonly normEpsilon: number
  readonly positionsMax: number
  readonly rope: Rope
  /** The LM head is the embedding, transposed. */
  readonly tiedHead: boolean
  readonly eosIds: readonly number[]
}

const file = 'config.json'
const size = z.number().int().positive()
const tokenId = z.number().int().nonnegative()
export const tokenIds = z
  .union([tokenId, z.array(tokenId)])
  .nullish()
  .transform((ids) => (ids === null || ids === undefined ? [] : [ids].flat()))

/** Fields that would change the function of the model: absent, null or this neutral value, or the folder is refused. */
const neutral = (...values: (boolean | number)[]) =>
  z
    .unknown()
    .refine((value) => value === null || values.some((allowed) => allowed === value), {
      error: (issue) => `${JSON.stringify(issue.input)} is not supported`,
    })
    .optional()

const schema = z.looseObject({
  architectures: z.array(z.string()).length(1),
  vocab_size: size,
  hidden_size: size,
  intermediate_size: size,
  num_hidden_layers: size,
  num_attention_heads: size,
  num_key_value_heads: size.optional(),
  head_dim: size.nullish(),
  rms_norm_eps: z.number().positive(),
  max_position_embeddings: size,
  tie_word_embeddings: z.boolean().optional(),
  eos_token_id: tokenIds,
  hidden_act: z.literal('silu', { error: (issue) => `"${issue.input}" is not supported, only "silu"` }),
  layer_types: z
    .array(z.literal('full_attention', { error: (issue) => `"${issue.input}" is not supported` }))
    .nullish(),
  ...ropeFields,
  attention_bias: neutral(false),
  mlp_bias: neutral(false),
  use_sliding_window: neutral(false),
  pretraining_tp: neutral(1),
  partial_rotary_factor: neutral(1),
  rope_interleaved: neutral(false),
  quantization_config: neutral(),
  attn_logit_softcapping: neutral(),
  final_logit_softcapping: neutral(),
  clip_qkv: neutral(),
  logit_scale: neutral(1),
  logits_scaling: neutral(1),
  embedding_multiplier: neutral(1),
  residual_multiplier: neutral(1),
  attention_multiplier: neutral(),
  num_experts: neutral(0),
  num_local_experts: neutral(0),
  no_rope_layers: neutral(),
})

/** Reads config.json. Throws CheckpointError for what is missing, malformed or not supported. */
export async function readConfig(folder: string): Promise<ModelConfig> {
  return configOf(await readJson(folder, file, schema))
}

/** The same of a config.json that is not in a file yet. */
export function parseConfig(fields: unknown): ModelConfig {
  return configOf(check(file, fields, schema))
}

function configOf(fields: z.infer<typeof schema>): ModelConfig {
  const refuse = (field: string, reason: string): never => {
    throw new CheckpointError(file, field, reason)
  }
  const architecture = fields.architectures[0] ?? ''
  const known = architectures.get(architecture)
  if (!known) {
    return refuse('architectures', `"${architecture}" is not supported, only ${architectureNames.join(', ')}`)
  }
  // `sliding_window` alone means nothing when the switch beside it is off, as Qwen's configs have it.
  if (typeof fields.sliding_window === 'number' && fields.use_sliding_window !== false) {
    refuse('sliding_window', 'sliding-window attention is not supported')
  }
  const heads = fields.num_attention_heads
  const keyValueHeads = fields.num_key_value_heads ?? heads
  if (heads % keyValueHeads !== 0) refuse('num_key_value_heads', `${keyValueHeads} does not divide ${heads} heads`)
  const headDim = fields.head_dim ?? known.headDimDefault ?? fields.hidden_size / heads
  if (headDim % 2 !== 0) refuse('head_dim', `${headDim} is not an even number, which rotary embeddings need`)
  return {
    architecture,
    vocabularySize: fields.vocab_size,
    hiddenSize: fields.hidden_size,
    feedForwardSize: fields.intermediate_size,
    layers: fields.num_hidden_layers,
    heads,
    keyValueHeads,
    headDim,
    normEpsilon: fields.rms_norm_eps,
    positionsMax: fields.max_position_embeddings,
    rope: ropeOf(fields, refuse),
    tiedHead: fields.tie_word_embeddings ?? false,
    eosIds: fields.eos_token_id,
  }
}
