import { existsSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { fileFingerprint, targetFingerprint, targetForm } from '@foretoken/model'
import { z } from 'zod'
import type { DataFolder } from '../../data-folder/folder.ts'
import { readJson } from '../../data-folder/json.ts'
import { CliError } from '../../errors.ts'
import { isFile } from '../gguf.ts'
import { importModel, SOURCE_FILE } from '../import.ts'
import { inspectModel, type ModelSummary } from '../inspect.ts'
import { REFERENCE_MODEL, type ResolvedModel, resolveModel } from '../resolve.ts'

export interface ImportedTarget extends ResolvedModel {
  /** As `model inspect` says. */
  readonly summary: ModelSummary
  /** `targetForm` of it: its draft is taken over by other weights of the same form. */
  readonly form: string
}

/**
 * The model that is to be brought up, imported if it is not yet: the second call finds what the first one imported, and
 * another model under its name is refused.
 *
 * @throws CliError for a model that can't be served, and a name that is taken.
 */
export async function importedTarget(
  data: DataFolder,
  path: string,
  { name }: { readonly name?: string },
): Promise<ImportedTarget> {
  const model = await resolved(data, path, name)
  return { ...model, summary: await inspectModel(model.folder), form: await targetForm(model.folder) }
}

async function resolved(data: DataFolder, path: string, name: string | undefined): Promise<ResolvedModel> {
  const isName = path === REFERENCE_MODEL || (basename(path) === path && existsSync(join(data.models, path)))
  if (isName && !existsSync(resolve(path))) {
    if (name === undefined || name === path) return await resolveModel(data, path)
    throw new CliError(`${path} is imported already and keeps that name; --name is for a folder or a file.`)
  }
  const source = resolve(path)
  const id = name ?? basename(source, '.gguf')
  const folder = join(data.models, id)
  if (source === folder) return await resolveModel(data, id)
  if (!existsSync(folder)) return await importModel(source, { dataDir: data.path, ...(name !== undefined && { name }) })
  await inspectModel(source)
  if (await isImportOf(source, folder)) return { id, folder }
  throw new CliError(
    `There is a model "${id}" already that is not this one: choose another --name, or bring that one up by its name, ` +
      `foretoken target bring-up ${id}.`,
  )
}

const sourceSchema = z.object({ fingerprint: z.string() })

async function isImportOf(source: string, folder: string): Promise<boolean> {
  if (!isFile(source)) return (await targetFingerprint(source)) === (await targetFingerprint(folder))
  const origin = sourceSchema.safeParse(readJson(join(folder, SOURCE_FILE)))
  return origin.success && origin.data.fingerprint === (await fileFingerprint(source))
}
