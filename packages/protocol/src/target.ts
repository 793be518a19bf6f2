import { z } from 'zod'

/**
 * Which target: the name that tenants ask for, and what is behind it at the moment. The fingerprint
 * (`targetFingerprint` of `@foretoken/model`) is of configuration, tokenizer and weights, so that a name whose weights
 * change is another target: what was learned from the hidden states of one means nothing to another.
 */
export const targetIdentitySchema = z.strictObject({ name: z.string(), fingerprint: z.string() })
export type TargetIdentity = z.infer<typeof targetIdentitySchema>

export function isSameTarget(a: TargetIdentity, b: TargetIdentity): boolean {
  return a.fingerprint === b.fingerprint && a.name === b.name
}
