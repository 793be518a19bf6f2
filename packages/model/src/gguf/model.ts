import type { LazyTensor } from '@foretoken/storage'
import { architectures } from '../architecture/index.ts'
import { type ModelConfig, parseConfig } from '../checkpoint/config.ts'
import { CheckpointError } from '../checkpoint/error.ts'
import { parseTokenizerFiles } from '../tokenizer/files.ts'
import { Tokenizer } from '../tokenizer/tokenizer.ts'
import { configOf } from './config.ts'
import { type GgufFile, openGguf } from './file.ts'
import { tensorsOf } from './tensors.ts'
import { tokenizerOf } from './tokenizer.ts'

/** A GGUF file read as a Hugging Face folder would be, and checked as one. */
export interface GgufModel {
  readonly file: GgufFile
  readonly config: ModelConfig
  /** The folder's JSON files by their names. */
  readonly json: Readonly<Record<string, object>>
  readonly tensors: readonly LazyTensor[]
}

/**
 * Opens a file and checks all but the weights' values; the caller closes `file`. Throws CheckpointError, TokenizerError
 * or ChatTemplateError.
 */
export async function openGgufModel(path: string): Promise<GgufModel> {
  const file = await openGguf(path)
  try {
    const { architecture: own, config: fields } = configOf(file)
    const config = parseConfig(fields)
    const architecture = architectures.get(config.architecture)
    if (!architecture) throw new CheckpointError(file.name, 'general.architecture', `"${own}" is not supported`)
    const tensors = tensorsOf(file, architecture, own, config)
    const tokenizer = tokenizerOf(file, config.vocabularySize)
    new Tokenizer(parseTokenizerFiles(tokenizer['tokenizer.json'], tokenizer['tokenizer_config.json']))
    return { file, config, json: { 'config.json': fields, ...tokenizer }, tensors }
  } catch (error) {
    await file.close()
    throw error
  }
}
