import { resolve } from 'node:path'
import { Tokenizer } from '@foretoken/model'
import { CliError } from '../errors.ts'
import { openModel } from './resolve.ts'

export interface ModelSummary {
  readonly folder: string
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

/** @throws CliError when the folder can't be served. */
export async function inspectModel(path: string): Promise<ModelSummary> {
  const folder = resolve(path)
  const { config, tensors, generation } = await openModel(folder)
  await checkTokenizer(folder, generation.eosIds)
  const stored = [...tensors.values()]
  const elements = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1)
  return {
    folder,
    architecture: config.architecture,
    parameters: stored.reduce((sum, tensor) => sum + elements(tensor.shape), 0),
    weightBytes: stored.reduce((sum, tensor) => sum + tensor.bytes, 0),
    storedAs: [...new Set(stored.map((tensor) => tensor.dtype))].sort(),
    layers: config.layers,
    hiddenSize: config.hiddenSize,
    heads: config.heads,
    keyValueHeads: config.keyValueHeads,
    vocabularySize: config.vocabularySize,
    contextLength: config.positionsMax,
  }
}

export function renderModel(model: ModelSummary): string {
  const rows = [
    ['folder', model.folder],
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
