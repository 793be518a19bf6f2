import { DraftError, RecurrentDraft, readDraft } from '@foretoken/drafting'

/**
 * Opens the static draft in a folder for a target, ready for its first request.
 *
 * @param target fingerprint of the model in `modelFolder`
 * @throws where the folder holds no draft, a damaged one, or one that was trained for another target.
 */
export async function openStaticDraft(folder: string, modelFolder: string, target: string): Promise<RecurrentDraft> {
  try {
    const draft = await RecurrentDraft.open(await readDraft(folder, target), modelFolder, { threads: 1 })
    await draft.warm()
    return draft
  } catch (cause) {
    if (!(cause instanceof DraftError)) throw cause
    throw new Error(`The static draft in ${folder} can't be used: ${cause.message}.`, { cause })
  }
}
