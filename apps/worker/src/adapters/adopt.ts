import { adoptDraft, type Database, draftsWithoutTarget } from '@foretoken/db'
import { baseOfAdapter } from '@foretoken/learning'
import type { ObjectStore } from '@foretoken/storage'

/**
 * Finds the drafts of before targets were told apart that are this target's: each names the static draft that it is a
 * delta on, and this one was trained for this target. Others wait for a worker that serves theirs. Returns how many.
 *
 * @param base SHA-256 of the static draft's weights
 */
export async function adoptDrafts(db: Database, store: ObjectStore, targetId: string, base: string): Promise<number> {
  let adopted = 0
  for (const draft of await draftsWithoutTarget(db)) {
    if ((await baseOfAdapter(store, draft.artifactUri)) !== base) continue
    await adoptDraft(db, draft, targetId)
    adopted++
  }
  return adopted
}
