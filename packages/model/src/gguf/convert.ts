import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeSafetensors } from '@foretoken/storage'
import { configOf } from './config.ts'
import { openGguf } from './file.ts'
import { tensorsOf } from './tensors.ts'
import { tokenizerOf } from './tokenizer.ts'

/**
 * Writes the model of a GGUF file as a Hugging Face folder into `folder`, which must exist: configuration, tokenizer,
 * chat template and weights. Quantised weights become float32 of exactly the values that the file stands for.
 *
 * Everything is checked before a weight is written. Throws CheckpointError that names the metadata key or the tensor
 * that can't be read faithfully. Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */
export async function convertGguf(path: string, folder: string): Promise<void> {
  const file = await openGguf(path)
  try {
    const { architecture, config } = configOf(file)
    const { num_hidden_layers: layers, num_attention_heads: heads, num_key_value_heads: keyValueHeads } = config
    const tensors = tensorsOf(file, architecture, { layers, heads, keyValueHeads })
    const json = { 'config.json': config, ...tokenizerOf(file) }
    for (const [name, fields] of Object.entries(json)) {
      await writeFile(
        join(folder, name),
        `${JSON.stringify(fields, null, name === 'tokenizer.json' ? undefined : 2)}\n`,
      )
    }
    await writeSafetensors(join(folder, 'model.safetensors'), tensors)
  } finally {
    await file.close()
  }
}
