import {
  ADAPTER_CONFIG_FILE,
  ADAPTER_WEIGHTS_FILE,
  contentHash,
  DraftError,
  RecurrentDraft,
  readDraft,
} from '@foretoken/drafting'
import { readTokenTables } from '@foretoken/model'
import type { ObjectStore } from '@foretoken/storage'
import { z } from 'zod'
import type { Candidate } from './evaluate.ts'
import type { AdaptRequest, StoredAdapter } from './types.ts'

/** The static draft of a target, on one core. Whoever opens it closes it. */
export async function openDraft({
  staticDraft,
  target,
  model,
}: Pick<AdaptRequest, 'staticDraft' | 'target' | 'model'>) {
  const artifact = await readDraft(staticDraft, target)
  const draft = await RecurrentDraft.open(artifact, await readTokenTables(model.folder), { threads: 1 })
  return { artifact, draft }
}

const shares = z.array(z.number())
const configSchema = z.looseObject({
  base_model_name_or_path: z.string(),
  foretoken: z.looseObject({ acceptance: shares.optional(), static_acceptance: shares.optional() }).optional(),
})

/** An adapter as the store has it; null where it can't be read or is of another draft, for then it serves nobody. */
export async function readAdapter(
  store: ObjectStore,
  stored: StoredAdapter,
  draft: RecurrentDraft,
): Promise<Candidate | null> {
  const weights = await store.get(`${stored.key}/${ADAPTER_WEIGHTS_FILE}`)
  const text = await store.get(`${stored.key}/${ADAPTER_CONFIG_FILE}`)
  if (!weights || !text || contentHash(weights) !== stored.contentHash) return null
  try {
    const config = configSchema.parse(JSON.parse(new TextDecoder().decode(text)))
    if (config.base_model_name_or_path !== draft.artifact.contentHash) return null
    const { acceptance, static_acceptance: staticAcceptance } = config.foretoken ?? {}
    return {
      adapter: await draft.readAdapter({ id: stored.id, bytes: weights }),
      measured: { acceptance, staticAcceptance },
    }
  } catch (error) {
    if (error instanceof DraftError || error instanceof z.ZodError || error instanceof SyntaxError) return null
    throw error
  }
}
