import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeSafetensors } from '@foretoken/storage'
import { openGgufModel } from './model.ts'

/**
 * Writes the model of a GGUF file as a Hugging Face folder into `folder`, which must exist: configuration, tokenizer,
 * chat template and weights. Quantised weights become float32 of exactly the values that the file stands for; they
 * pass through memory in pieces, so a file may be larger than that.
 *
 * The same file gives the same bytes, and should in every version of this code: they are the target's fingerprint, to
 * which drafts and adapters are bound.
 *
 * All but the weights' values is checked before anything is written. Throws CheckpointError that names the metadata key
 * or the tensor that can't be read faithfully, or what Tokenizer.open throws.
 */
export async function convertGguf(path: string, folder: string): Promise<void> {
  const { file, json, tensors } = await openGgufModel(path)
  try {
    for (const [name, fields] of Object.entries(json)) {
      const indent = name === 'tokenizer.json' ? undefined : 2
      await writeFile(join(folder, name), `${JSON.stringify(fields, null, indent)}\n`)
    }
    await writeSafetensors(join(folder, 'model.safetensors'), tensors)
  } finally {
    await file.close()
  }
}
