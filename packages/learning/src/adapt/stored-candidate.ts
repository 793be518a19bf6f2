import {
  ADAPTER_CONFIG_FILE,
  ADAPTER_WEIGHTS_FILE,
  type AdapterValues,
  adapterParameters,
  contentHash,
  type DraftArtifact,
  DraftError,
  decodeParameters,
  type RecurrentDraft,
} from '@foretoken/drafting'
import type { ObjectStore } from '@foretoken/storage'
import { z } from 'zod'
import type { Candidate } from './evaluate.ts'
import type { StoredAdapter } from './types.ts'

export interface StoredCandidate extends Candidate {
  readonly values: AdapterValues
}

const shares = z.array(z.number())
const configSchema = z.looseObject({
  base_model_name_or_path: z.string(),
  foretoken: z.looseObject({ acceptance: shares.optional(), static_acceptance: shares.optional() }).optional(),
})

/** An adapter from the store; null where it can't be read or is of another draft, for then it can serve nobody. */
export async function readCandidate(
  store: ObjectStore,
  stored: StoredAdapter,
  artifact: DraftArtifact,
  draft: RecurrentDraft,
): Promise<StoredCandidate | null> {
  const bytes = await store.get(`${stored.key}/${ADAPTER_WEIGHTS_FILE}`)
  const config = await readConfig(store, stored.key)
  if (!bytes || contentHash(bytes) !== stored.contentHash) return null
  if (config?.base_model_name_or_path !== artifact.contentHash) return null
  const { acceptance, static_acceptance: staticAcceptance } = config.foretoken ?? {}
  try {
    const { values, tokens: hotTokens } = decodeParameters(bytes, adapterParameters(artifact.shape))
    return {
      values: { values, hotTokens },
      adapter: await draft.readAdapter({ id: stored.id, bytes }),
      measured: { acceptance, staticAcceptance },
    }
  } catch (error) {
    if (error instanceof DraftError) return null
    throw error
  }
}

/**
 * SHA-256 of the weights of the static draft that a stored adapter is a delta on: it says what the adapter is for where
 * nothing else does. Null where the adapter can't be read.
 */
export async function baseOfAdapter(store: ObjectStore, key: string): Promise<string | null> {
  return (await readConfig(store, key))?.base_model_name_or_path ?? null
}

async function readConfig(store: ObjectStore, key: string): Promise<z.infer<typeof configSchema> | null> {
  const bytes = await store.get(`${key}/${ADAPTER_CONFIG_FILE}`)
  if (!bytes) return null
  try {
    return configSchema.parse(JSON.parse(new TextDecoder().decode(bytes)))
  } catch (error) {
    if (error instanceof z.ZodError || error instanceof SyntaxError) return null
    throw error
  }
}
