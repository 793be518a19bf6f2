import { changeTenant, createTenant, deleteTenant, forgetTenant, searchTenants } from '@foretoken/db'
import { ApiError } from '@foretoken/protocol'
import {
  changeTenantSchema,
  createTenantSchema,
  deletionSchema,
  tenantListSchema,
  tenantQuerySchema,
  tenantSchema,
} from '@foretoken/protocol/admin'
import { pageOf } from '../../endpoints/list.ts'
import { deletionObject, found, requireTenant, tenantObject } from '../../endpoints/tenants.ts'
import { adminOperation } from '../caller.ts'

export const tenantOperations = [
  adminOperation({
    method: 'get',
    path: '/tenants',
    name: 'listTenants',
    summary: 'All tenants, oldest first; some by a part of their name, or by their status',
    access: 'tenants:read',
    query: tenantQuerySchema,
    answer: tenantListSchema,
    run: async ({ caller: { db }, query: { limit, ...query } }) => {
      const tenants = await searchTenants(db, { ...query, tenantsMax: limit + 1 })
      return pageOf(tenants.map(tenantObject), limit, ({ id }) => id)
    },
  }),
  adminOperation({
    method: 'post',
    path: '/tenants',
    name: 'createTenant',
    summary: 'Add a tenant',
    access: 'tenants:write',
    body: createTenantSchema,
    answer: tenantSchema,
    status: 201,
    fails: ['conflict'],
    run: async ({ caller: { db }, body: { name } }) => {
      const created = await createTenant(db, name)
      if (created.ok) return tenantObject(created.tenant)
      throw new ApiError('conflict', { values: { reason: 'There is a tenant of this name already.' }, param: 'name' })
    },
  }),
  adminOperation({
    method: 'get',
    path: '/tenants/{tenant}',
    name: 'getTenant',
    summary: 'One tenant',
    access: 'tenants:read',
    answer: tenantSchema,
    fails: ['not_found'],
    run: async ({ caller: { db }, param }) => tenantObject(await requireTenant(db, param('tenant'))),
  }),
  adminOperation({
    method: 'patch',
    path: '/tenants/{tenant}',
    name: 'changeTenant',
    summary: 'Change what is given of a tenant; one that is disabled has no access until it is active again',
    access: 'tenants:write',
    body: changeTenantSchema,
    answer: tenantSchema,
    fails: ['not_found'],
    run: async ({ caller: { db }, param, body }) => tenantObject(found(await changeTenant(db, param('tenant'), body))),
  }),
  adminOperation({
    method: 'delete',
    path: '/tenants/{tenant}',
    name: 'deleteTenant',
    summary: 'End a tenant for good: its keys, and all that was learned from it; its usage stays accountable',
    access: 'tenants:delete',
    answer: deletionSchema,
    fails: ['not_found'],
    run: async ({ caller: { db }, param }) => {
      const id = param('tenant')
      return deletionObject(id, found(await deleteTenant(db, id)))
    },
  }),
  adminOperation({
    method: 'delete',
    path: '/tenants/{tenant}/learned',
    name: 'forgetTenant',
    summary: 'Delete all that was learned from a tenant',
    access: 'tenants:write',
    answer: deletionSchema,
    fails: ['not_found'],
    run: async ({ caller: { db }, param }) => {
      const id = param('tenant')
      return deletionObject(id, found(await forgetTenant(db, id)))
    },
  }),
] as const
