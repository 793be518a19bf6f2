import {
  acceptanceByVersion,
  changeTenant,
  decisionsOf,
  listDraftVersions,
  orderTrainingRun,
  rollBackDraft,
} from '@foretoken/db'
import { ApiError } from '@foretoken/protocol'
import {
  decisionListSchema,
  decisionQuerySchema,
  draftListSchema,
  rollbackSchema,
  tenantSchema,
  trainingRunSchema,
} from '@foretoken/protocol/admin'
import { z } from 'zod'
import { decisionObject, draftObjects, runObject } from '../../endpoints/drafts.ts'
import { pageOf } from '../../endpoints/list.ts'
import { found, requireTenant, tenantObject } from '../../endpoints/tenants.ts'
import { adminOperation } from '../caller.ts'

const holdSchema = z.strictObject({ held: z.boolean() })

export const draftOperations = [
  adminOperation({
    method: 'get',
    path: '/tenants/{tenant}/drafts',
    name: 'listDrafts',
    summary: "Versions of a tenant's draft, newest first, each with how well it drafted",
    access: 'drafts:read',
    answer: draftListSchema,
    fails: ['not_found'],
    run: async ({ caller: { db }, param }) => {
      const { id } = await requireTenant(db, param('tenant'))
      const drafts = draftObjects(await listDraftVersions(db, id), await acceptanceByVersion(db, id))
      return pageOf(drafts, drafts.length, (draft) => draft.id)
    },
  }),
  adminOperation({
    method: 'post',
    path: '/tenants/{tenant}/drafts/train',
    name: 'trainDraft',
    summary: "Order a training run of a tenant's draft; one that is open already is answered with",
    access: 'drafts:write',
    answer: trainingRunSchema,
    status: 201,
    fails: ['not_found', 'conflict'],
    run: async ({ caller: { db }, param }) => {
      const { id, status } = await requireTenant(db, param('tenant'))
      if (status !== 'active') throw new ApiError('conflict', { values: { reason: `The tenant is ${status}.` } })
      return runObject((await orderTrainingRun(db, id, 'ordered')).run)
    },
  }),
  adminOperation({
    method: 'post',
    path: '/tenants/{tenant}/drafts/rollback',
    name: 'rollBackDraft',
    summary: 'Take the draft that serves a tenant out of use for good, and the last good one back into it',
    access: 'drafts:write',
    answer: rollbackSchema,
    fails: ['not_found', 'conflict'],
    run: async ({ caller: { admin, db }, param }) => {
      const { id } = await requireTenant(db, param('tenant'))
      const rolledBack = await rollBackDraft(db, id, `Rolled back by ${admin.name}.`)
      if (rolledBack) return { object: 'rollback' as const, tenant: id, ...rolledBack }
      throw new ApiError('conflict', { values: { reason: 'The tenant has no draft of its own in use.' } })
    },
  }),
  adminOperation({
    method: 'post',
    path: '/tenants/{tenant}/drafts/hold',
    name: 'holdDraft',
    summary: 'Stop or allow training of a tenant by the scheduler',
    access: 'drafts:write',
    body: holdSchema,
    answer: tenantSchema,
    fails: ['not_found'],
    run: async ({ caller: { db }, param, body }) => tenantObject(found(await changeTenant(db, param('tenant'), body))),
  }),
  adminOperation({
    method: 'get',
    path: '/tenants/{tenant}/decisions',
    name: 'listDecisions',
    summary: 'What the scheduler decided about a tenant, from which figures, and instead of what; newest first',
    access: 'drafts:read',
    query: decisionQuerySchema,
    answer: decisionListSchema,
    fails: ['not_found'],
    run: async ({ caller: { db }, param, query: { limit } }) => {
      const { id } = await requireTenant(db, param('tenant'))
      const decisions = await decisionsOf(db, id, limit + 1)
      return pageOf(decisions.map(decisionObject), limit, (decision) => decision.id)
    },
  }),
] as const
