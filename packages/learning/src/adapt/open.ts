import { type DraftArtifact, RecurrentDraft, readDraft } from '@foretoken/drafting'
import { readTokenTables } from '@foretoken/model'
import type { AdaptRequest } from './types.ts'

/** The static draft of a target, on one core. Whoever opens it closes it. */
export async function openDraft({
  staticDraft,
  target,
  form,
  model,
}: Pick<AdaptRequest, 'staticDraft' | 'target' | 'form' | 'model'>): Promise<{
  readonly artifact: DraftArtifact
  readonly draft: RecurrentDraft
}> {
  const artifact = await readDraft(staticDraft, target, form)
  const draft = await RecurrentDraft.open(artifact, await readTokenTables(model.folder), { threads: 1 })
  return { artifact, draft }
}
