import { type AuditRecord, listAudit, type Verification, verifyAudit } from '@foretoken/db'
import {
  auditListSchema,
  auditQuerySchema,
  auditVerificationSchema,
  verifyAuditSchema,
} from '@foretoken/protocol/admin'
import { pageOf } from '../../endpoints/list.ts'
import { adminOperation } from '../caller.ts'

export const auditOperations = [
  adminOperation({
    method: 'get',
    path: '/audit',
    name: 'listAudit',
    summary: 'Who changed what, newest first',
    access: 'audit:read',
    query: auditQuerySchema,
    answer: auditListSchema,
    run: async ({ caller: { db }, query: { limit, after, tenant } }) => {
      const records = await listAudit(db, { tenantId: tenant, before: after, recordsMax: limit + 1 })
      return pageOf(records.map(recordObject), limit, ({ sequence }) => String(sequence))
    },
  }),
  adminOperation({
    method: 'post',
    path: '/audit/verify',
    name: 'verifyAudit',
    summary: 'Check that nothing of the log was changed, taken out, put in or moved',
    access: 'audit:read',
    body: verifyAuditSchema,
    answer: auditVerificationSchema,
    run: async ({ caller: { db }, body: { known } }) => {
      const heads = known.map(({ sequence, hash }) => ({ sequence, hash: Buffer.from(hash, 'hex') }))
      return verificationObject(await verifyAudit(db, heads))
    },
  }),
] as const

function recordObject({ at, actorKind, actorId, subjectId, tenantId, requestId, hash, ...record }: AuditRecord) {
  return {
    ...{ object: 'audit_record' as const, ...record, at: at.toISOString(), hash: hash.toString('hex') },
    ...{ actor: { kind: actorKind, id: actorId }, subject: subjectId, tenant: tenantId, request: requestId },
  }
}

function verificationObject(found: Verification) {
  const object = 'audit_verification' as const
  if (!found.intact) {
    return { object, intact: false, head: null, broken_at: found.sequence, reason: found.reason }
  }
  const { sequence, hash } = found.head
  return { object, intact: true, head: { sequence, hash: hash.toString('hex') }, broken_at: null, reason: null }
}
