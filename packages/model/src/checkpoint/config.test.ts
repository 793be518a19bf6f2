import { describe, expect, test } from 'vitest'
import { copyFolder, editJson, goldenFolder } from '../testing/folders.ts'
import { openCheckpoint } from './checkpoint.ts'
import { readConfig } from './config.ts'

test('old and new places of the rope fields are read', async () => {
  expect((await readConfig(goldenFolder('qwen3'))).rope).toEqual({ theta: 10_000, scaling: { type: 'default' } })
  expect((await readConfig(goldenFolder('llama3'))).rope).toEqual({
    theta: 500_000,
    scaling: {
      type: 'llama3',
      factor: 8,
      lowFrequencyFactor: 1,
      highFrequencyFactor: 4,
      originalPositionsMax: 32,
    },
  })
})

test.each<[string, Record<string, unknown>]>([
  ['unknown metadata', { transformers_version: '9.9', _name_or_path: 'x', problem_type: null }],
  ['a sliding window that is switched off', { sliding_window: 4096, use_sliding_window: false, max_window_layers: 1 }],
  [
    'neutral values of fields that would matter',
    { attention_bias: false, pretraining_tp: 1, quantization_config: null },
  ],
  ['an older name of the rope type', { rope_parameters: null, rope_scaling: { type: 'linear', factor: 4 } }],
])('%s is accepted', async (_, fields) => {
  const folder = await copyFolder('qwen3')
  await editJson(folder, 'config.json', fields)
  expect((await openCheckpoint(folder)).config.layers).toBe(2)
})

describe('a config that would change the function is refused, with file and field', () => {
  test.each<[string, Record<string, unknown>]>([
    ['attention_bias: true is not supported', { attention_bias: true }],
    ['mlp_bias: true is not supported', { mlp_bias: true }],
    ['use_sliding_window: true is not supported', { use_sliding_window: true }],
    ['sliding_window: sliding-window attention is not supported', { use_sliding_window: null, sliding_window: 64 }],
    ['layer_types.1: "sliding_attention" is not supported', { layer_types: ['full_attention', 'sliding_attention'] }],
    ['hidden_act: "gelu" is not supported, only "silu"', { hidden_act: 'gelu' }],
    ['hidden_act: "undefined" is not supported, only "silu"', { hidden_act: undefined }],
    ['rope_parameters.rope_type: "yarn" is not supported', { rope_parameters: { rope_type: 'yarn', factor: 4 } }],
    ['rope_scaling.type: "dynamic" is not supported', { rope_parameters: null, rope_scaling: { type: 'dynamic' } }],
    ['rope_parameters.factor: is missing', { rope_parameters: { rope_type: 'linear' } }],
    [
      'rope_parameters.partial_rotary_factor: only full rotary embeddings are supported',
      { rope_parameters: { partial_rotary_factor: 0.5 } },
    ],
    ['partial_rotary_factor: 0.5 is not supported', { partial_rotary_factor: 0.5 }],
    [
      'quantization_config: {"quant_method":"gptq"} is not supported',
      { quantization_config: { quant_method: 'gptq' } },
    ],
    ['final_logit_softcapping: 30 is not supported', { final_logit_softcapping: 30 }],
    ['num_key_value_heads: 3 does not divide 4 heads', { num_key_value_heads: 3 }],
    ['head_dim: 33 is not an even number, which rotary embeddings need', { head_dim: 33 }],
    [
      'architectures: "MixtralForCausalLM" is not supported, only LlamaForCausalLM, Qwen3ForCausalLM',
      { architectures: ['MixtralForCausalLM'] },
    ],
  ])('%s', async (message, fields) => {
    const folder = await copyFolder('qwen3')
    await editJson(folder, 'config.json', fields)
    const [field] = message.split(': ')
    await expect(openCheckpoint(folder)).rejects.toMatchObject({
      name: 'CheckpointError',
      message: `config.json: ${message}`,
      file: 'config.json',
      field,
    })
  })

  test.each(['vocab_size', 'hidden_size', 'num_hidden_layers', 'rms_norm_eps', 'max_position_embeddings'])(
    'without %s',
    async (field) => {
      const folder = await copyFolder('qwen3')
      await editJson(folder, 'config.json', { [field]: undefined })
      await expect(openCheckpoint(folder)).rejects.toMatchObject({ file: 'config.json', field })
    },
  )
})
