import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { convertGguf, fileFingerprint } from '@foretoken/model'
import { openDataFolder } from '../data-folder/folder.ts'
import { CliError } from '../errors.ts'
import { isFile, refusing } from './gguf.ts'
import { inspectModel } from './inspect.ts'
import { REFERENCE_MODEL, type ResolvedModel } from './resolve.ts'

/** What serving reads; a repository may hold other formats of the same weights, which would be copied for nothing. */
const SERVED = /\.(json|safetensors|jinja|md)$|^LICENSE/

/** Beside a model that was a GGUF file: which one. */
export const SOURCE_FILE = 'source.json'

/**
 * Brings a model to <data folder>/models/NAME, all of it or nothing: what serving needs of a Hugging Face folder, or a
 * GGUF file turned into one. It is checked as `inspect` does.
 *
 * @throws CliError for a model that can't be served, a bad name or one that is taken.
 */
export async function importModel(path: string, options: { name?: string; dataDir: string }): Promise<ResolvedModel> {
  const source = resolve(path)
  const id = options.name ?? basename(source, '.gguf')
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
    if (isFile(source)) await convert(source, partial)
    else copy(source, partial)
    renameSync(partial, folder)
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
  return { id, folder }
}

function copy(source: string, into: string): void {
  for (const name of readdirSync(source).filter((file) => SERVED.test(file))) {
    cpSync(join(source, name), join(into, name), { dereference: true })
  }
}

async function convert(source: string, into: string): Promise<void> {
  await refusing(source, () => convertGguf(source, into))
  await inspectModel(into)
  const origin = { file: basename(source), fingerprint: await fileFingerprint(source) }
  writeFileSync(join(into, SOURCE_FILE), `${JSON.stringify(origin, null, 2)}\n`)
}
