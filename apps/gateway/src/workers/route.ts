import { type GenerateCall, isSameTarget, type TargetIdentity } from '@foretoken/protocol'
import type { LiveAdapter } from '../store.ts'

/** A call before a worker is chosen: for a model, whatever its weights are there. */
export type UnroutedCall = Omit<GenerateCall, 'fingerprint' | 'adapter'>

/** The call for one target, with its tenant's draft for exactly that target; another one's would read strange states. */
export function routed(call: UnroutedCall, target: TargetIdentity, adapters: readonly LiveAdapter[]): GenerateCall {
  const live = adapters.find((adapter) => isSameTarget(adapter.target, target))
  const adapter = live ? { id: live.id, contentHash: live.contentHash, key: live.key } : null
  return { ...call, fingerprint: target.fingerprint, adapter }
}
