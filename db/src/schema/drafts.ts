import { sql } from 'drizzle-orm'
import { type AnyPgColumn, check, index, integer, pgTable, text, unique, uniqueIndex } from 'drizzle-orm/pg-core'
import { createdAt, instant } from './columns.ts'
import { targets } from './targets.ts'
import { tenants } from './tenants.ts'

export const DRAFT_STATES = ['candidate', 'shadow', 'canary', 'live', 'retired', 'rejected'] as const

/** Drafts and their lineage. The weights are immutable blobs in the artifact store; a row only moves in state. */
export const draftVersions = pgTable(
  'draft_versions',
  {
    id: text('id').primaryKey(),
    /** Null: a static draft, shared by all tenants. */
    tenantId: text('tenant_id').references(() => tenants.id),
    /**
     * Whose hidden states it reads. Null: it was made before targets were told apart, and what it is for is not known
     * yet; see `adoptDraft`. Such a draft serves nobody.
     */
    targetId: text('target_id').references(() => targets.id),
    arm: text('arm', { enum: ['static', 'adaptive'] }).notNull(),
    version: integer('version').notNull(),
    /** SHA-256 of the artifact, in hex. */
    contentHash: text('content_hash').notNull(),
    /** What training started from. */
    parentId: text('parent_id').references((): AnyPgColumn => draftVersions.id),
    state: text('state', { enum: DRAFT_STATES }).notNull().default('candidate'),
    /** Key of the artifact's folder in the object store: relative to the store's URL, so that the store can move. */
    artifactUri: text('artifact_uri').notNull(),
    createdAt: createdAt(),
    /** Since when it is in its state, and why, in one sentence. */
    changedAt: instant('changed_at').notNull().defaultNow(),
    reason: text('reason'),
    /** When its files were deleted; the row stays, so that the lineage still tells what was served. */
    artifactDeletedAt: instant('artifact_deleted_at'),
  },
  (table) => [
    /**
     * A lineage is a tenant's drafts for one target; numbers count over all of a tenant's, so that one names a draft
     * whatever it is for. Serves every query of a lineage. Nulls are equal: shared drafts are numbered together.
     */
    unique('draft_versions_lineage').on(table.tenantId, table.arm, table.version).nullsNotDistinct(),
    /** Never two live in one lineage, whatever a process believes; serves `liveVersions`. */
    uniqueIndex('draft_versions_live')
      .on(table.tenantId, table.targetId)
      .where(sql`${table.state} = 'live' and ${table.arm} = 'adaptive'`),
    /** One trial at a time in one lineage; serves `openTrials`. */
    uniqueIndex('draft_versions_trial')
      .on(table.tenantId, table.targetId)
      .where(sql`${table.state} in ('shadow', 'canary')`),
    /** Serves `authenticate`: what drafts for a tenant now, on any target. */
    index('draft_versions_serving').on(table.tenantId).where(sql`${table.state} in ('live', 'canary')`),
    uniqueIndex('draft_versions_live_shared')
      .on(table.arm, table.targetId)
      .where(sql`${table.state} = 'live' and ${table.arm} = 'static'`),
    check('draft_versions_owner', sql`(${table.arm} = 'static') = (${table.tenantId} is null)`),
    check(
      'draft_versions_state',
      sql`${table.state} in ('candidate', 'shadow', 'canary', 'live', 'retired', 'rejected')`,
    ),
  ],
)
