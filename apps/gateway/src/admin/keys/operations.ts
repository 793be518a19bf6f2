import { type ApiKey, createApiKey, listApiKeys, revokeApiKey, rotateApiKey } from '@foretoken/db'
import { ApiError } from '@foretoken/protocol'
import {
  createKeySchema,
  type KeyObject,
  keyListSchema,
  newKeySchema,
  revocationSchema,
  rotateKeySchema,
  rotationSchema,
} from '@foretoken/protocol/admin'
import { pageOf, timeOrNull } from '../../endpoints/list.ts'
import { found, requireTenant } from '../../endpoints/tenants.ts'
import { adminOperation } from '../caller.ts'

export const keyOperations = [
  adminOperation({
    method: 'get',
    path: '/tenants/{tenant}/keys',
    name: 'listKeys',
    summary: 'All keys of a tenant, those that ended too, oldest first',
    access: 'keys:read',
    answer: keyListSchema,
    fails: ['not_found'],
    run: async ({ caller: { db }, param }) => {
      const keys = await listApiKeys(db, (await requireTenant(db, param('tenant'))).id)
      return pageOf(keys.map(keyObject), keys.length, ({ id }) => id)
    },
  }),
  adminOperation({
    method: 'post',
    path: '/tenants/{tenant}/keys',
    name: 'createKey',
    summary: 'Make a key; its secret is in the answer, and never shown again',
    access: 'keys:write',
    body: createKeySchema,
    answer: newKeySchema,
    status: 201,
    fails: ['not_found', 'conflict'],
    run: async ({ caller: { db, pepper }, param, body: { name, scopes, expires_in_seconds: seconds } }) => {
      const { id: tenantId, status } = await requireTenant(db, param('tenant'))
      if (status !== 'active') {
        throw new ApiError('conflict', { values: { reason: `The tenant is ${status}: a key of it would not work.` } })
      }
      const lifetimeMs = seconds === undefined ? undefined : seconds * 1_000
      const made = await createApiKey(db, pepper, { tenantId, name, scopes, lifetimeMs })
      return { ...keyObject(made), secret: made.secret }
    },
  }),
  adminOperation({
    method: 'post',
    path: '/tenants/{tenant}/keys/{key}/rotate',
    name: 'rotateKey',
    summary: 'Make a key that takes the place of another, which ends after the overlap',
    access: 'keys:write',
    body: rotateKeySchema,
    answer: rotationSchema,
    status: 201,
    fails: ['not_found'],
    run: async ({ caller: { db, pepper }, param, body: { overlap_seconds: seconds } }) => {
      const which = { tenantId: param('tenant'), keyId: param('key'), overlapMs: seconds * 1_000 }
      const { made, old } = found(await rotateApiKey(db, pepper, which), 'key in use')
      return { object: 'rotation' as const, made: { ...keyObject(made), secret: made.secret }, old: keyObject(old) }
    },
  }),
  adminOperation({
    method: 'delete',
    path: '/tenants/{tenant}/keys/{key}',
    name: 'revokeKey',
    summary: 'End a key for good, on every gateway at once',
    access: 'keys:write',
    answer: revocationSchema,
    fails: ['not_found'],
    run: async ({ caller: { db }, param }) => {
      const [tenantId, id] = [param('tenant'), param('key')]
      if (!(await revokeApiKey(db, { tenantId, keyId: id }))) found(null, 'key in use')
      return { object: 'revocation' as const, id, revoked: true as const }
    },
  }),
] as const

export function keyObject(key: ApiKey): KeyObject {
  const { id, name, shown, scopes, replacesId, createdAt, expiresAt, revokedAt, lastUsedAt } = key
  return {
    ...{ object: 'api_key', id, name, shown, scopes: [...scopes], replaces: replacesId },
    created_at: createdAt.toISOString(),
    expires_at: timeOrNull(expiresAt),
    revoked_at: timeOrNull(revokedAt),
    last_used_at: timeOrNull(lastUsedAt),
  }
}
