import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { targetFingerprint } from '@foretoken/model'
import { smollm2DraftFolder } from '@foretoken/smollm2'
import { staticDraftFolder } from '@foretoken/static-draft'
import { z } from 'zod'
import type { DataFolder } from '../data-folder/folder.ts'
import { readJson } from '../data-folder/json.ts'
import { CliError } from '../errors.ts'
import type { ResolvedModel } from '../model/resolve.ts'

/** Folders of static drafts that come with the product; one that is not there is passed over. */
const SHIPPED: readonly string[] = [staticDraftFolder, smollm2DraftFolder]

/** Where a model's draft is looked for: the one that was trained for it here before those that ship. */
export function draftFolders({ drafts }: Pick<DataFolder, 'drafts'>, { id }: Pick<ResolvedModel, 'id'>): string[] {
  return [join(drafts, id), ...SHIPPED]
}

const cardSchema = z.looseObject({ target: z.string() })

/**
 * The static draft for a target: the one that was asked for, else the first of these that was trained for exactly this
 * target, else none, and then only the suffix index drafts.
 *
 * @throws CliError where the one that was asked for is none, or is for another target.
 */
export async function resolveStaticDraft(
  modelFolder: string,
  wanted: string | undefined,
  folders: readonly string[] = SHIPPED,
): Promise<string | null> {
  const target = await targetFingerprint(modelFolder)
  if (wanted === undefined) return folders.find((folder) => targetOf(folder) === target) ?? null
  const folder = resolve(wanted)
  if (!existsSync(join(folder, 'draft.json'))) throw new CliError(`${folder} is not a draft: it has no draft.json.`)
  if (targetOf(folder) === target) return folder
  throw new CliError(`The draft ${folder} was trained for another target. Train one: foretoken draft train`)
}

function targetOf(folder: string): string | null {
  const card = cardSchema.safeParse(readJson(join(folder, 'draft.json')))
  return card.success ? card.data.target : null
}
