import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DRAFT_CONFIG_FILE, DRAFT_WEIGHTS_FILE } from '@foretoken/drafting'
import { z } from 'zod'
import { readJson } from '../../data-folder/json.ts'
import { CliError } from '../../errors.ts'

const CARD_FILE = 'README.md'
/** Of any version: an older draft may be replaced too. */
const configSchema = z.looseObject({ format: z.string().startsWith('foretoken-recurrent-draft/') })
const FILES: readonly string[] = [DRAFT_CONFIG_FILE, DRAFT_WEIGHTS_FILE, CARD_FILE]

/**
 * Whether a draft may be written there: into a new or empty folder, or over another draft. Asked before hours of
 * training, not after them.
 *
 * @param advice what to do where it may not
 * @throws CliError else, or where it can't be written.
 */
export function checkDraftFolder(path: string, force: boolean, advice = OVERWRITE): void {
  const folder = resolve(path)
  try {
    mkdirSync(folder, { recursive: true })
    const probe = join(folder, `.${process.pid}.partial`)
    writeFileSync(probe, '')
    rmSync(probe)
  } catch (error) {
    throw new CliError(`${folder} can't be written (${error instanceof Error ? error.message : error}).`)
  }
  if (force) return
  const names = readdirSync(folder).filter((name) => !name.endsWith('.partial'))
  const others = names.filter((name) => !FILES.includes(name))
  const isDraft = configSchema.safeParse(readJson(join(folder, DRAFT_CONFIG_FILE))).success
  if (names.length === 0 || (isDraft && others.length === 0)) return
  throw new CliError(
    `${folder} holds another thing than a draft${others.length > 0 ? ` (${others[0]})` : ''}. ${advice}`,
  )
}

const OVERWRITE =
  'Choose another --output, or write into it nevertheless with --force; nothing but a draft is replaced.'

/**
 * Replaces the draft in a folder. draft.json is what makes it one: it goes first and comes back last, so whoever reads
 * meanwhile, or after a crash, finds no draft rather than parts of two.
 */
export function writeDraftFolder(path: string, files: Readonly<Record<string, Uint8Array>>): void {
  const folder = resolve(path)
  mkdirSync(folder, { recursive: true })
  const partial = (name: string) => join(folder, `.${name}.${process.pid}.partial`)
  const names = Object.keys(files).sort((a, b) => Number(a === DRAFT_CONFIG_FILE) - Number(b === DRAFT_CONFIG_FILE))
  for (const name of names) writeFileSync(partial(name), files[name] ?? new Uint8Array(), { flush: true })
  rmSync(join(folder, DRAFT_CONFIG_FILE), { force: true })
  for (const name of names) renameSync(partial(name), join(folder, name))
}
