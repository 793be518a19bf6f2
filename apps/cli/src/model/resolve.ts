import { existsSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { type Checkpoint, CheckpointError, openCheckpoint } from '@foretoken/model'
import { referenceTargetFolder } from '@foretoken/reference-target'
import type { DataFolder } from '../data-folder/folder.ts'
import { CliError } from '../errors.ts'
import { isFile } from './gguf.ts'

export interface ResolvedModel {
  /** What tenants name in a request. */
  readonly id: string
  readonly folder: string
}

export const REFERENCE_MODEL = 'reference-target'

/**
 * Finds a model: the reference target by default, else an imported one by its name, else a folder.
 *
 * @throws CliError when it is not a folder that can be served.
 */
export async function resolveModel(data: DataFolder, wanted: string | undefined): Promise<ResolvedModel> {
  const model = locateModel(data, wanted)
  await openModel(model.folder)
  return model
}

/**
 * Several models at once, by different names: the reference target where none is wanted.
 *
 * @throws CliError where one can't be served, or two would have one name.
 */
export async function resolveModels(data: DataFolder, wanted: readonly string[]): Promise<ResolvedModel[]> {
  const models: ResolvedModel[] = []
  for (const each of wanted.length > 0 ? wanted : [undefined]) {
    const model = await resolveModel(data, each)
    if (models.some(({ id }) => id === model.id)) {
      throw new CliError(`Two models are called "${model.id}", and tenants ask by name: import one under another name.`)
    }
    models.push(model)
  }
  return models
}

/** Opens a checkpoint as a worker will, without reading its weights. Throws CliError when it can't be served. */
export async function openModel(folder: string): Promise<Checkpoint> {
  if (isFile(folder)) throw new CliError(`${folder} is a file: foretoken model import turns a GGUF file into a model.`)
  if (!existsSync(join(folder, 'config.json'))) {
    throw new CliError(
      `${folder} is not a model: a Hugging Face folder has a config.json, a tokenizer.json and *.safetensors.`,
    )
  }
  try {
    return await openCheckpoint(folder)
  } catch (error) {
    if (error instanceof CheckpointError) throw new CliError(`The model ${folder} can't be served. ${error.message}`)
    throw error
  }
}

/** Where a model would be; whether it is one shows when it is opened. */
export function locateModel(data: DataFolder, wanted: string | undefined): ResolvedModel {
  if (wanted === undefined || wanted === REFERENCE_MODEL) return { id: REFERENCE_MODEL, folder: referenceTargetFolder }
  const imported = join(data.models, basename(wanted))
  if (basename(wanted) === wanted && existsSync(imported)) return { id: wanted, folder: imported }
  const folder = resolve(wanted)
  return { id: basename(folder), folder }
}
