import { eq, sql } from 'drizzle-orm'
import type { Database } from '../database.ts'
import { guarded } from '../errors.ts'
import { auditHead, auditLog } from '../schema/audit.ts'
import type { Transaction } from '../transaction.ts'
import type { Actor } from './actor.ts'
import { hashOf } from './chain.ts'

/** What happened to one thing. `before` and `after` hold what changed, and never a secret. */
export interface AuditEntry {
  /** E.g. `key.revoked`. */
  readonly action: string
  readonly subjectId: string
  readonly tenantId: string | null
  readonly before?: Readonly<Record<string, unknown>>
  readonly after?: Readonly<Record<string, unknown>>
}

/**
 * Runs one change in a transaction, and writes what it notes to the audit log in the same one: neither is there without
 * the other. The log is written last, since its end is locked from then until the commit.
 */
export function audited<T>(
  db: Database,
  operation: string,
  change: (tx: Transaction, note: (entry: AuditEntry) => void) => Promise<T>,
): Promise<T> {
  return guarded(operation, () =>
    db.drizzle.transaction(async (tx) => {
      const entries: AuditEntry[] = []
      const result = await change(tx, (entry) => entries.push(entry))
      if (entries.length > 0) await append(tx, db.actor, entries)
      return result
    }),
  )
}

async function append(tx: Transaction, actor: Actor, entries: readonly AuditEntry[]): Promise<void> {
  const [head] = await tx
    .select({
      sequence: auditHead.sequence,
      hash: auditHead.hash,
      at: sql`date_trunc('milliseconds', clock_timestamp())`.mapWith(auditLog.at),
    })
    .from(auditHead)
    .where(eq(auditHead.id, 1))
    .for('update')
  if (!head) throw new Error('the audit log has lost its end')
  let { sequence, hash } = head
  const records = entries.map((entry) => {
    const record = {
      sequence: ++sequence,
      at: head.at,
      actorKind: actor.kind,
      actorId: actor.id,
      action: entry.action,
      subjectId: entry.subjectId,
      tenantId: entry.tenantId,
      before: plain(entry.before),
      after: plain(entry.after),
      requestId: actor.requestId ?? null,
    }
    hash = hashOf(record, hash)
    return { ...record, hash }
  })
  await tx.insert(auditLog).values(records)
  await tx.update(auditHead).set({ sequence, hash }).where(eq(auditHead.id, 1))
}

/** As it will be read again: times as text, what is undefined left out. */
function plain(value: AuditEntry['before']): unknown {
  return value === undefined ? null : JSON.parse(JSON.stringify(value))
}
