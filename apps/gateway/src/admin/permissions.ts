import type { AdminRole } from '@foretoken/db'

/** Who may do what, by role. */
export const PERMISSIONS = {
  'tenants:read': ['owner', 'admin', 'billing', 'viewer'],
  'tenants:write': ['owner', 'admin'],
  'tenants:delete': ['owner'],
  'keys:read': ['owner', 'admin', 'viewer'],
  'keys:write': ['owner', 'admin'],
  'drafts:read': ['owner', 'admin', 'viewer'],
  'drafts:write': ['owner', 'admin'],
  'platform:read': ['owner', 'admin', 'viewer'],
  'usage:read': ['owner', 'admin', 'billing', 'viewer'],
  'audit:read': ['owner', 'admin'],
  'admins:read': ['owner', 'admin'],
  'admins:write': ['owner'],
} as const satisfies Record<string, readonly AdminRole[]>

export type Permission = keyof typeof PERMISSIONS | 'anyone'

/** What asks for `anyone` takes any credential. */
export function mayDo(role: AdminRole, permission: Permission): boolean {
  if (permission === 'anyone') return true
  const roles: readonly AdminRole[] = PERMISSIONS[permission]
  return roles.includes(role)
}

export function permissionsOf(role: AdminRole): string[] {
  return Object.entries<readonly AdminRole[]>(PERMISSIONS).flatMap(([name, roles]) =>
    roles.includes(role) ? [name] : [],
  )
}
