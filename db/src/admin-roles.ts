/**
 * Who an admin's credential makes of its holder: an owner may do everything, an admin everything but end tenants and
 * make credentials, billing reads what is accounted, a viewer what there is.
 */
export const ADMIN_ROLES = ['owner', 'admin', 'billing', 'viewer'] as const
export type AdminRole = (typeof ADMIN_ROLES)[number]
