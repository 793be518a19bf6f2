import {
  acceptanceByVersion,
  changeTenant,
  decisionsOf,
  listDraftVersions,
  orderTrainingRun,
  takeBackDraft,
} from '@foretoken/db'
import { ApiError } from '@foretoken/protocol'
import {
  decisionListSchema,
  decisionQuerySchema,
  draftChoiceSchema,
  draftListSchema,
  rollbackSchema,
  tenantSchema,
  trainingRunSchema,
} from '@foretoken/protocol/admin'
import { z } from 'zod'
import { decisionObject, draftObjects, runObject } from '../../endpoints/drafts.ts'
import { pageOf } from '../../endpoints/list.ts'
import { allTargets, requireTarget } from '../../endpoints/targets.ts'
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
      const [versions, arms, targets] = await Promise.all([
        listDraftVersions(db, id),
        acceptanceByVersion(db, id),
        allTargets(db),
      ])
      const drafts = draftObjects(versions, arms, targets)
      return pageOf(drafts, drafts.length, (draft) => draft.id)
    },
  }),
  adminOperation({
    method: 'post',
    path: '/tenants/{tenant}/drafts/train',
    name: 'trainDraft',
    summary: "Order a training run of a tenant's draft; one that is open already is answered with",
    access: 'drafts:write',
    body: draftChoiceSchema,
    answer: trainingRunSchema,
    status: 201,
    fails: ['not_found', 'model_not_found', 'conflict'],
    run: async ({ caller: { db }, param, body }) => {
      const { id, status } = await requireTenant(db, param('tenant'))
      if (status !== 'active') throw new ApiError('conflict', { values: { reason: `The tenant is ${status}.` } })
      const target = await requireTarget(db, body)
      const { run } = await orderTrainingRun(db, { tenantId: id, targetId: target.id }, 'ordered')
      return runObject(run, new Map([[target.id, target]]))
    },
  }),
  adminOperation({
    method: 'post',
    path: '/tenants/{tenant}/drafts/rollback',
    name: 'rollBackDraft',
    summary: 'Take a draft out of use for good: the one on trial, else the one that serves, for the last good one',
    access: 'drafts:write',
    body: draftChoiceSchema,
    answer: rollbackSchema,
    fails: ['not_found', 'model_not_found', 'conflict'],
    run: async ({ caller: { admin, db }, param, body }) => {
      const { id } = await requireTenant(db, param('tenant'))
      const target = await requireTarget(db, body)
      const lineage = { tenantId: id, targetId: target.id }
      const taken = await takeBackDraft(db, lineage, admin.name)
      const about = { tenant: id, target: { model: target.name, fingerprint: target.fingerprint } }
      if (taken) return { object: 'rollback' as const, ...about, ...taken }
      throw new ApiError('conflict', {
        values: { reason: `The tenant has no draft of its own in use on ${target.name}.` },
      })
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
      const [decisions, targets] = await Promise.all([decisionsOf(db, id, limit + 1), allTargets(db)])
      const objects = decisions.map((decision) => decisionObject(decision, targets))
      return pageOf(objects, limit, (decision) => decision.id)
    },
  }),
] as const
