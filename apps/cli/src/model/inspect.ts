import { resolve } from 'node:path'
import { inspectGguf, type ModelConfig, Tokenizer } from '@foretoken/model'
import { CliError } from '../errors.ts'
import { isFile, refusing } from './gguf.ts'
import { openModel } from './resolve.ts'

export interface ModelSummary {
  /** Of the folder, or of the GGUF file. */
  readonly path: string
  readonly architecture: string
  readonly parameters: number
  readonly weightBytes: number
  /** Element types of the stored tensors. */
  readonly storedAs: readonly string[]
  readonly layers: number
  readonly hiddenSize: number
  readonly heads: number
  readonly keyValueHeads: number
  readonly vocabularySize: number
  readonly contextLength: number
}

/**
 * Describes a Hugging Face folder, or a GGUF file as importing it would see it.
 *
 * @throws CliError when it can't be served.
 */
export async function inspectModel(path: string): Promise<ModelSummary> {
  const source = resolve(path)
  return isFile(source) ? await inspectFile(source) : await inspectFolder(source)
}

async function inspectFile(path: string): Promise<ModelSummary> {
  const { parameters, weightBytes, storedAs, ...config } = await refusing(path, () => inspectGguf(path))
  return { path, parameters, weightBytes, storedAs, ...shapeOf(config) }
}

async function inspectFolder(folder: string): Promise<ModelSummary> {
  const { config, tensors, generation } = await openModel(folder)
  await checkTokenizer(folder, generation.eosIds)
  const stored = [...tensors.values()]
  const elements = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1)
  return {
    path: folder,
    parameters: stored.reduce((sum, tensor) => sum + elements(tensor.shape), 0),
    weightBytes: stored.reduce((sum, tensor) => sum + tensor.bytes, 0),
    storedAs: [...new Set(stored.map((tensor) => tensor.dtype))].sort(),
    ...shapeOf(config),
  }
}

function shapeOf(config: Omit<ModelConfig, 'eosIds'>) {
  const { architecture, layers, hiddenSize, heads, keyValueHeads, vocabularySize, positionsMax } = config
  return { architecture, layers, hiddenSize, heads, keyValueHeads, vocabularySize, contextLength: positionsMax }
}

export function renderModel(model: ModelSummary): string {
  const rows = [
    ['path', model.path],
    ['architecture', model.architecture],
    ['parameters', `${(model.parameters / 1e6).toFixed(1)} M`],
    ['weights', `${(model.weightBytes / 2 ** 20).toFixed(1)} MiB, ${model.storedAs.join(', ')}`],
    ['layers', String(model.layers)],
    ['hidden size', String(model.hiddenSize)],
    ['heads', `${model.heads} (${model.keyValueHeads} of keys and values)`],
    ['vocabulary', String(model.vocabularySize)],
    ['context', `${model.contextLength} positions`],
  ] as const
  return rows.map(([name, value]) => `${name.padEnd(14)}${value}`).join('\n')
}

async function checkTokenizer(folder: string, eosIds: readonly number[]): Promise<void> {
  try {
    await Tokenizer.open(folder, eosIds)
  } catch (error) {
    throw new CliError(`The tokenizer of ${folder} can't be used. ${error instanceof Error ? error.message : error}`)
  }
}
