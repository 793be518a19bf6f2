import type { ModelConfig } from '../checkpoint/config.ts'
import type { GgufType } from './file.ts'
import { openGgufModel } from './model.ts'

/** What a GGUF file holds. */
export interface GgufSummary extends Omit<ModelConfig, 'eosIds'> {
  readonly parameters: number
  /** Of the weights in the file. */
  readonly weightBytes: number
  readonly storedAs: readonly GgufType[]
}

/** Checks a GGUF file as `convertGguf` does, without reading its weights. Throws what that throws. */
export async function inspectGguf(path: string): Promise<GgufSummary> {
  const { file, config, tensors } = await openGgufModel(path)
  await file.close()
  const stored = [...file.tensors.values()]
  const { eosIds: _, ...described } = config
  return {
    ...described,
    parameters: tensors.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0),
    weightBytes: stored.reduce((sum, { bytes }) => sum + bytes, 0),
    storedAs: [...new Set(stored.map(({ type }) => type))].sort(),
  }
}
