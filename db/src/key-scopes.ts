/**
 * What a key may do: have the model answer, read its tenant's usage and limits, and see, stop and delete what was
 * learned from it.
 */
export const KEY_SCOPES = ['inference', 'usage:read', 'speculator:manage'] as const
export type KeyScope = (typeof KEY_SCOPES)[number]
