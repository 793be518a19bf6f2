import { z } from 'zod'
import { type Adapter, contentHashAsync } from './adapter.ts'
import type { RecurrentDraft } from './recurrent-draft.ts'
import { DraftError } from './tensors.ts'

/** Names an adapter: equal refs are equal bytes. */
export interface PooledRef {
  readonly id: string
  /** SHA-256 of adapter_model.safetensors, in hex. */
  readonly contentHash: string
  /** Of a candidate: the share of its tenant's steps that it drafts for. */
  readonly share?: number
}

export const ADAPTER_WEIGHTS_FILE = 'adapter_model.safetensors'
export const ADAPTER_CONFIG_FILE = 'adapter_config.json'

const shares = z.array(z.number().min(0).max(1))

/** What of adapter_config.json decides whether the weights may be used; the rest is for people and other tools. */
const configSchema = z.looseObject({
  base_model_name_or_path: z.string(),
  foretoken: z.looseObject({ acceptance: shares.optional(), static_acceptance: shares.optional() }).optional(),
})

/** By position, what was accepted on requests of its tenant that an adapter was not trained on; absent: not measured. */
export interface MeasuredAcceptance {
  readonly acceptance?: readonly number[] | undefined
  /** Of the static draft, on the same requests. */
  readonly staticAcceptance?: readonly number[] | undefined
}

export interface LoadedAdapter extends MeasuredAcceptance {
  readonly ref: PooledRef
  readonly adapter: Adapter
}

/**
 * From a stranger's files to what chains are drafted with, in short pieces beside serving. Rejects with DraftError for
 * what is damaged, of another draft, or not what its ref says.
 */
export async function readPooledAdapter(
  draft: RecurrentDraft,
  ref: PooledRef,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<LoadedAdapter> {
  const [weights, text] = [files.get(ADAPTER_WEIGHTS_FILE), files.get(ADAPTER_CONFIG_FILE)]
  if (!weights || !text) throw new DraftError(`${weights ? ADAPTER_CONFIG_FILE : ADAPTER_WEIGHTS_FILE} is missing`)
  if ((await contentHashAsync(weights)) !== ref.contentHash) {
    throw new DraftError('its bytes are not those that were promoted')
  }
  const config = configSchema.safeParse(parseJson(text))
  if (!config.success) throw new DraftError(`${ADAPTER_CONFIG_FILE} is not understood`)
  if (config.data.base_model_name_or_path !== draft.artifact.contentHash) {
    throw new DraftError('it belongs to another static draft')
  }
  const adapter = await draft.readAdapter({ id: ref.id, bytes: weights })
  const { acceptance, static_acceptance: staticAcceptance } = config.data.foretoken ?? {}
  return { ref, adapter, acceptance, staticAcceptance }
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return undefined
  }
}
