import type { AuditRecord } from '@foretoken/db'
import { z } from 'zod'

const hex = z.string().regex(/^[0-9a-f]{64}$/)

/** A row of an export in JSON Lines. */
const lineSchema = z.strictObject({
  sequence: z.int().positive(),
  at: z.iso.datetime().transform((text) => new Date(text)),
  actorKind: z.enum(['admin', 'cli', 'tenant', 'system']),
  actorId: z.string(),
  action: z.string(),
  subjectId: z.string(),
  tenantId: z.string().nullable(),
  before: z.unknown(),
  after: z.unknown(),
  requestId: z.string().nullable(),
  hash: hex.transform((text) => Buffer.from(text, 'hex')),
})

export function toLine({ at, hash, ...record }: AuditRecord) {
  return { ...record, at: at.toISOString(), hash: hash.toString('hex') }
}

/** Null: this is no row of an export. */
export function fromLine(text: string): AuditRecord | null {
  try {
    const { before = null, after = null, ...record } = lineSchema.parse(JSON.parse(text))
    return { ...record, before, after }
  } catch {
    return null
  }
}
