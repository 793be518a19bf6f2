import { DraftError, RecurrentDraft, readDraft } from '@foretoken/drafting'

/**
 * Opens the static draft in a folder for a target, ready for its first request.
 *
 * @param target fingerprint and form of the model in `modelFolder`
 * @throws where the folder holds no draft, a damaged one, or one that was trained for a target of another form.
 */
export async function openStaticDraft(
  folder: string,
  modelFolder: string,
  target: { readonly fingerprint: string; readonly form: string },
): Promise<RecurrentDraft> {
  try {
    const draft = await RecurrentDraft.open(await readDraft(folder, target.fingerprint, target.form), modelFolder, {
      threads: 1,
    })
    await draft.warm()
    return draft
  } catch (cause) {
    if (!(cause instanceof DraftError)) throw cause
    throw new Error(`The static draft in ${folder} can't be used: ${cause.message}.`, { cause })
  }
}
