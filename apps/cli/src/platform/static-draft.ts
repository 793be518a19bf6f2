import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { targetFingerprint } from '@foretoken/model'
import { smollm2DraftFolder } from '@foretoken/smollm2'
import { staticDraftFolder } from '@foretoken/static-draft'
import { z } from 'zod'
import { readJson } from '../data-folder/json.ts'
import { CliError } from '../errors.ts'

/** Folders of static drafts that come with the product; one that is not there is passed over. */
const SHIPPED: readonly string[] = [staticDraftFolder, smollm2DraftFolder]

const cardSchema = z.looseObject({ target: z.string() })

/**
 * The static draft for a target: the one that was asked for, else one that ships and was trained for exactly this
 * target, else none, and then only the suffix index drafts.
 *
 * @throws CliError where the one that was asked for is none, or is for another target.
 */
export async function resolveStaticDraft(
  modelFolder: string,
  wanted: string | undefined,
  shipped: readonly string[] = SHIPPED,
): Promise<string | null> {
  const target = await targetFingerprint(modelFolder)
  if (wanted === undefined) return shipped.find((folder) => targetOf(folder) === target) ?? null
  const folder = resolve(wanted)
  if (!existsSync(join(folder, 'draft.json'))) throw new CliError(`${folder} is not a draft: it has no draft.json.`)
  if (targetOf(folder) === target) return folder
  throw new CliError(`The draft ${folder} was trained for another target. Train one: foretoken draft train`)
}

function targetOf(folder: string): string | null {
  const card = cardSchema.safeParse(readJson(join(folder, 'draft.json')))
  return card.success ? card.data.target : null
}
