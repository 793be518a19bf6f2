import type { Architecture } from './architecture.ts'

/** Llama 2 and 3, SmolLM and TinyLlama: RMSNorm, rotary embeddings, grouped queries, SwiGLU, no biases. */
export const llama: Architecture = {
  name: 'LlamaForCausalLM',
  embedding: 'model.embed_tokens.weight',
  finalNorm: 'model.norm.weight',
  head: 'lm_head.weight',
  layer: {
    inputNorm: 'model.layers.{layer}.input_layernorm.weight',
    query: 'model.layers.{layer}.self_attn.q_proj.weight',
    key: 'model.layers.{layer}.self_attn.k_proj.weight',
    value: 'model.layers.{layer}.self_attn.v_proj.weight',
    output: 'model.layers.{layer}.self_attn.o_proj.weight',
    feedForwardNorm: 'model.layers.{layer}.post_attention_layernorm.weight',
    gate: 'model.layers.{layer}.mlp.gate_proj.weight',
    up: 'model.layers.{layer}.mlp.up_proj.weight',
    down: 'model.layers.{layer}.mlp.down_proj.weight',
  },
  ignored: /\.rotary_emb\.inv_freq$/,
}
