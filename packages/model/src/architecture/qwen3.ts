import type { Architecture } from './architecture.ts'
import { llama } from './llama.ts'

/** Qwen3 (dense): Llama with an RMSNorm on each query and key head, and a head size of its own. */
export const qwen3: Architecture = {
  ...llama,
  name: 'Qwen3ForCausalLM',
  headDimDefault: 128,
  layer: {
    ...llama.layer,
    headNorms: {
      query: 'model.layers.{layer}.self_attn.q_norm.weight',
      key: 'model.layers.{layer}.self_attn.k_norm.weight',
    },
  },
}
