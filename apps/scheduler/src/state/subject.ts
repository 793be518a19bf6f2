/**
 * Whom the policies decide about: a tenant on one target. They take it for a name and hand it back, so that they know
 * nothing of targets.
 */
export const subjectOf = (tenantId: string, targetId: string): string => `${tenantId} ${targetId}`

export function parseSubject(subject: string): { readonly tenantId: string; readonly targetId: string } {
  const [tenantId = '', targetId = ''] = subject.split(' ')
  return { tenantId, targetId }
}
