import { type AdminKey, createAdminKey, listAdminKeys, revokeAdminKey } from '@foretoken/db'
import { ApiError } from '@foretoken/protocol'
import { adminListSchema, createAdminSchema, newAdminSchema, revocationSchema } from '@foretoken/protocol/admin'
import { pageOf, timeOrNull } from '../../endpoints/list.ts'
import { found } from '../../endpoints/tenants.ts'
import { adminOperation } from '../caller.ts'

export const adminOperations = [
  adminOperation({
    method: 'get',
    path: '/admins',
    name: 'listAdmins',
    summary: "Operators' credentials, those that ended too, oldest first",
    access: 'admins:read',
    answer: adminListSchema,
    run: async ({ caller: { db } }) => {
      const admins = (await listAdminKeys(db)).map(adminObject)
      return pageOf(admins, admins.length, ({ id }) => id)
    },
  }),
  adminOperation({
    method: 'post',
    path: '/admins',
    name: 'createAdmin',
    summary: "Make an operator's credential; its secret is in the answer, and never shown again",
    access: 'admins:write',
    body: createAdminSchema,
    answer: newAdminSchema,
    status: 201,
    run: async ({ caller: { db, pepper }, body: { name, role, expires_in_seconds: seconds } }) => {
      const lifetimeMs = seconds === undefined ? undefined : seconds * 1_000
      const made = await createAdminKey(db, pepper, { name, role, lifetimeMs })
      return { ...adminObject(made), secret: made.secret }
    },
  }),
  adminOperation({
    method: 'delete',
    path: '/admins/{admin}',
    name: 'revokeAdmin',
    summary: "End an operator's credential for good, but never the last owner's",
    access: 'admins:write',
    answer: revocationSchema,
    fails: ['not_found', 'conflict'],
    run: async ({ caller: { db }, param }) => {
      const id = param('admin')
      const outcome = await revokeAdminKey(db, id)
      if (outcome === 'unknown') found(null, 'credential in use')
      if (outcome === 'last_owner') {
        throw new ApiError('conflict', { values: { reason: 'This is the last owner: nobody could make another one.' } })
      }
      return { object: 'revocation' as const, id, revoked: true as const }
    },
  }),
] as const

function adminObject({ id, name, role, shown, createdAt, expiresAt, revokedAt, lastUsedAt }: AdminKey) {
  return {
    ...{ object: 'admin' as const, id, name, role, shown, created_at: createdAt.toISOString() },
    ...{ expires_at: timeOrNull(expiresAt), revoked_at: timeOrNull(revokedAt), last_used_at: timeOrNull(lastUsedAt) },
  }
}
