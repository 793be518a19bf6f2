import {
  ADAPTER_CONFIG_FILE,
  ADAPTER_WEIGHTS_FILE,
  type AdapterValues,
  adapterParameters,
  contentHash,
  type DraftArtifact,
  encodeParameters,
} from '@foretoken/drafting'
import type { AdapterArtifact, AdaptRequest } from './types.ts'

export interface AdapterRecord {
  readonly request: Pick<AdaptRequest, 'tenant' | 'target' | 'next' | 'current' | 'earlier'>
  readonly draft: DraftArtifact
  readonly adapter: AdapterValues
  /** By position on held-out requests: the adapter's, and the static draft's. */
  readonly acceptance: readonly number[]
  readonly staticAcceptance: readonly number[]
  readonly tokens: number
  /** What the gate saw, for whoever asks later why this was promoted. */
  readonly evaluation: Readonly<Record<string, unknown>>
}

/**
 * The adapter as files: half-precision weights, a configuration in PEFT's fields, and the evaluation. The base is named
 * by its content, so that an adapter can't meet another draft by a reused path.
 */
export function adapterArtifact(record: AdapterRecord): AdapterArtifact {
  const { request, draft, adapter } = record
  const { rank } = draft.shape.adapter
  const weights = encodeParameters(adapterParameters(draft.shape), adapter.values, adapter.hotTokens)
  const hash = contentHash(weights)
  const config = {
    peft_type: 'LORA',
    task_type: 'DRAFT',
    base_model_name_or_path: draft.contentHash,
    r: rank,
    lora_alpha: rank,
    bias: 'lora_only',
    target_modules: ['state_in', 'residual', 'token_gates', 'state_gates', 'query', 'head'],
    foretoken: {
      id: request.next.id,
      tenant: request.tenant,
      version: request.next.version,
      content_hash: hash,
      target: request.target,
      parent: (request.current ?? request.earlier)?.id ?? null,
      static_draft: draft.id,
      tokens: record.tokens,
      acceptance: record.acceptance,
      static_acceptance: record.staticAcceptance,
    },
  }
  return {
    contentHash: hash,
    files: {
      [ADAPTER_WEIGHTS_FILE]: weights,
      [ADAPTER_CONFIG_FILE]: json(config),
      'evaluation.json': json(record.evaluation),
    },
  }
}

function json(value: unknown): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`)
}
