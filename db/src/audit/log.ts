import { and, asc, desc, eq, gt, lt } from 'drizzle-orm'
import type { Database } from '../database.ts'
import { guarded } from '../errors.ts'
import { auditHead, auditLog } from '../schema/audit.ts'
import { type AuditRecord, type ChainHead, type Verification, verifyChain } from './chain.ts'

export interface AuditQuery {
  /** Of one tenant only. */
  readonly tenantId?: string | undefined
  /** Only what is older than this row. */
  readonly before?: number | undefined
  readonly recordsMax: number
}

/** The audit log, newest first. */
export function listAudit(db: Database, { tenantId, before, recordsMax }: AuditQuery): Promise<AuditRecord[]> {
  return guarded('list audit log', () =>
    db.drizzle
      .select()
      .from(auditLog)
      .where(
        and(
          tenantId === undefined ? undefined : eq(auditLog.tenantId, tenantId),
          before === undefined ? undefined : lt(auditLog.sequence, before),
        ),
      )
      .orderBy(desc(auditLog.sequence))
      .limit(recordsMax),
  )
}

const PAGE = 1_000

/** The whole log in its order, a page at a time. */
export async function* auditRecords(db: Database, pageSize = PAGE): AsyncGenerator<AuditRecord> {
  let after = 0
  for (;;) {
    const page = await guarded('read audit log', () =>
      db.drizzle
        .select()
        .from(auditLog)
        .where(gt(auditLog.sequence, after))
        .orderBy(asc(auditLog.sequence))
        .limit(pageSize),
    )
    yield* page
    const last = page.at(-1)
    if (!last) return
    after = last.sequence
  }
}

/**
 * Checks the whole log. Rows that are written meanwhile are checked too, since the end is read first.
 *
 * @param known places in the chain that were written down elsewhere
 */
export async function verifyAudit(db: Database, known: readonly ChainHead[] = []): Promise<Verification> {
  const [head] = await guarded('read end of audit log', () => db.drizzle.select().from(auditHead))
  if (!head) return { intact: false, sequence: 0, reason: 'The note of where the log ends is missing.' }
  return verifyChain(auditRecords(db), [head, ...known])
}
