import { sql } from 'drizzle-orm'
import { bigint, check, index, jsonb, pgTable, smallint, text } from 'drizzle-orm/pg-core'
import { bytes, instant } from './columns.ts'

export const ACTOR_KINDS = ['admin', 'cli', 'tenant', 'system'] as const

/**
 * Who changed what. Rows are only ever added (triggers refuse the rest), and each carries a hash over itself and the
 * hash of the one before: see `audit/chain.ts`.
 */
export const auditLog = pgTable(
  'audit_log',
  {
    /** 1, 2, 3, … without a gap. */
    sequence: bigint('sequence', { mode: 'number' }).primaryKey(),
    /** Whole milliseconds: more would not survive JavaScript's clock, and the hash is over it. */
    at: instant('at').notNull(),
    actorKind: text('actor_kind', { enum: ACTOR_KINDS }).notNull(),
    /** An admin credential's id, an account of the operating system, an API key's id, or a process's name. */
    actorId: text('actor_id').notNull(),
    /** E.g. `key.revoked`. */
    action: text('action').notNull(),
    subjectId: text('subject_id').notNull(),
    /** Whose it is; null: of no tenant. */
    tenantId: text('tenant_id'),
    /** What changed, without secrets; null: nothing was there before, or is after. */
    before: jsonb('before'),
    after: jsonb('after'),
    requestId: text('request_id'),
    hash: bytes('hash').notNull(),
  },
  (table) => [
    /** Serves `listAudit` of one tenant. */
    index('audit_log_tenant').on(table.tenantId, table.sequence),
    check('audit_log_actor_kind', sql`${table.actorKind} in ('admin', 'cli', 'tenant', 'system')`),
  ],
)

/** The end of the chain, one row: whoever writes next locks it, and rows that went missing at the end show. */
export const auditHead = pgTable(
  'audit_head',
  {
    id: smallint('id').primaryKey(),
    sequence: bigint('sequence', { mode: 'number' }).notNull(),
    hash: bytes('hash').notNull(),
  },
  (table) => [check('audit_head_one', sql`${table.id} = 1`)],
)
