import { DEFAULT_RULES } from '@foretoken/policy'
import { type AdapterRef, type GenerateCall, isSameTarget, type TargetIdentity } from '@foretoken/protocol'
import type { AuthenticatedKey, LiveAdapter } from '../store.ts'

/** A call before a worker is chosen: for a model, whatever its weights are there. */
export type UnroutedCall = Omit<GenerateCall, 'fingerprint' | 'adapter' | 'canary'>

/** What a tenant has learned, on all targets. */
export type TenantAdapters = Pick<AuthenticatedKey, 'adapters' | 'canaries'>

/**
 * The call for one target, with its tenant's draft for exactly that target, and what it tries there: another one's would
 * read strange states.
 */
export function routed(
  call: UnroutedCall,
  target: TargetIdentity,
  { adapters, canaries }: TenantAdapters,
): GenerateCall {
  const canary = adapterFor(target, canaries)
  return {
    ...call,
    fingerprint: target.fingerprint,
    adapter: adapterFor(target, adapters),
    ...(canary && { canary: { ...canary, share: DEFAULT_RULES.promotion.canaryShare } }),
  }
}

function adapterFor(target: TargetIdentity, adapters: readonly LiveAdapter[]): AdapterRef | null {
  const found = adapters.find((adapter) => isSameTarget(adapter.target, target))
  return found ? { id: found.id, contentHash: found.contentHash, key: found.key } : null
}
