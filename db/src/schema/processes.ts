import { sql } from 'drizzle-orm'
import { check, index, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'

export const PROCESS_ROLES = ['gateway', 'worker', 'trainer', 'scheduler'] as const
export const PROCESS_STATES = ['ready', 'draining'] as const

/**
 * Who is there: each process keeps its row alive, and takes it away when it ends. A row whose lease ran out is of one
 * that could not. Only the database's clock is used.
 */
export const processes = pgTable(
  'processes',
  {
    id: text('id').primaryKey(),
    role: text('role', { enum: PROCESS_ROLES }).notNull(),
    state: text('state', { enum: PROCESS_STATES }).notNull(),
    /** Where it serves; null for one that listens nowhere. */
    url: text('url'),
    host: text('host').notNull(),
    pid: integer('pid').notNull(),
    /** What it says of itself, by role: see `@foretoken/cluster`. */
    details: jsonb('details').notNull(),
    startedAt: instant('started_at').notNull().defaultNow(),
    seenAt: instant('seen_at').notNull().defaultNow(),
    leaseUntil: instant('lease_until').notNull(),
  },
  (table) => [
    /** Serves `listProcesses` and `removeExpiredProcesses`. */
    index('processes_lease_until').on(table.leaseUntil),
    check('processes_role', sql`${table.role} in ('gateway', 'worker', 'trainer', 'scheduler')`),
    check('processes_state', sql`${table.state} in ('ready', 'draining')`),
  ],
)
