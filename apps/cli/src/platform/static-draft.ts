import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { targetFingerprint, targetForm } from '@foretoken/model'
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

interface DraftedModel {
  readonly folder: string
  /** Where its draft is looked for, best first; absent: among those that ship. */
  readonly drafts?: readonly string[]
}

const cardSchema = z.looseObject({ target: z.string(), form: z.string().optional() })

/**
 * The static draft of each target: one that was asked for, else one that is found. Either was trained for exactly this
 * target or, where there is none such, for other weights of the same form; with neither, only the suffix index drafts.
 *
 * @throws CliError where one that was asked for is none, or is for none of these targets.
 */
export async function resolveStaticDrafts(
  models: readonly DraftedModel[],
  wanted: readonly string[],
): Promise<(string | null)[]> {
  const asked = wanted.map((folder) => resolve(folder))
  for (const folder of asked) {
    if (!existsSync(join(folder, 'draft.json'))) throw new CliError(`${folder} is not a draft: it has no draft.json.`)
  }
  const resolved: (string | null)[] = []
  for (const { folder, drafts = SHIPPED } of models) {
    const fitsOf = await fitting(folder)
    resolved.push(fitsOf(asked) ?? fitsOf(drafts) ?? null)
  }
  const unused = asked.find((folder) => !resolved.includes(folder))
  if (unused === undefined) return resolved
  throw new CliError(`The draft ${unused} was trained for another target. Train one: foretoken draft train`)
}

/** The static draft of one target. */
export async function resolveStaticDraft(model: DraftedModel, wanted?: string): Promise<string | null> {
  const [draft = null] = await resolveStaticDrafts([model], wanted === undefined ? [] : [wanted])
  return draft
}

/** The best fit for a target among some folders. */
async function fitting(modelFolder: string): Promise<(folders: readonly string[]) => string | undefined> {
  const [target, form] = [await targetFingerprint(modelFolder), await targetForm(modelFolder)]
  return (folders) => {
    const cards = folders.map((folder) => ({ folder, card: cardOf(folder) }))
    const own = cards.find(({ card }) => card?.target === target)
    return (own ?? cards.find(({ card }) => card?.form === form))?.folder
  }
}

function cardOf(folder: string): z.infer<typeof cardSchema> | null {
  const card = cardSchema.safeParse(readJson(join(folder, 'draft.json')))
  return card.success ? card.data : null
}
