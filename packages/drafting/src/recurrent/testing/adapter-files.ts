import { type AdapterValues, contentHash } from '../adapter.ts'
import { ADAPTER_CONFIG_FILE, ADAPTER_WEIGHTS_FILE, type PooledRef } from '../adapter-reader.ts'
import type { DraftArtifact } from '../artifact.ts'
import { adapterParameters } from '../shape.ts'
import { encodeParameters } from '../tensors.ts'

export interface StoredFiles {
  readonly ref: PooledRef
  readonly files: ReadonlyMap<string, Uint8Array>
}

/** What the object store would hold of an adapter. */
export function adapterFiles(id: string, draft: DraftArtifact, { values, hotTokens }: AdapterValues): StoredFiles {
  return filesOf(id, encodeParameters(adapterParameters(draft.shape), values, hotTokens), {
    base_model_name_or_path: draft.contentHash,
  })
}

/** Any weights and configuration, under the ref that they hash to. */
export function filesOf(id: string, weights: Uint8Array, config: unknown): StoredFiles {
  const text = new TextEncoder().encode(JSON.stringify(config))
  const files = new Map([
    [ADAPTER_WEIGHTS_FILE, weights],
    [ADAPTER_CONFIG_FILE, text],
  ])
  return { ref: { id, contentHash: contentHash(weights) }, files }
}
