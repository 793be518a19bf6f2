import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { openDataFolder } from '../data-folder/folder.ts'
import { CliError } from '../errors.ts'
import { inspectModel } from './inspect.ts'
import { REFERENCE_MODEL, type ResolvedModel } from './resolve.ts'

/** What serving reads; a repository may hold other formats of the same weights, which would be copied for nothing. */
const SERVED = /\.(json|safetensors|jinja|md)$|^LICENSE/

/**
 * Checks a folder as `inspect` does and copies what serving needs to <data folder>/models/NAME: all of it, or nothing.
 *
 * @throws CliError for a folder that can't be served, a bad name or one that is taken.
 */
export async function importModel(path: string, options: { name?: string; dataDir: string }): Promise<ResolvedModel> {
  const source = resolve(path)
  const id = options.name ?? basename(source)
  if (!/^[A-Za-z0-9][\w.-]*$/.test(id) || id === REFERENCE_MODEL) {
    throw new CliError(`"${id}" can't be a model's name. Choose letters, digits, dots and dashes with --name.`)
  }
  await inspectModel(source)
  const { models } = openDataFolder(options.dataDir)
  const folder = join(models, id)
  if (existsSync(folder))
    throw new CliError(`There is a model "${id}" already: remove ${folder}, or choose another --name.`)
  const partial = join(models, `.${id}.${process.pid}`)
  mkdirSync(partial, { recursive: true })
  try {
    for (const name of readdirSync(source).filter((file) => SERVED.test(file))) {
      cpSync(join(source, name), join(partial, name), { dereference: true })
    }
    renameSync(partial, folder)
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
  return { id, folder }
}
