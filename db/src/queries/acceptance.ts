import { and, asc, eq, gte, lt, sql } from 'drizzle-orm'
import type { Database } from '../database.ts'
import { guarded } from '../errors.ts'
import { acceptanceStats } from '../schema/acceptance.ts'
import type { Witness } from './trials.ts'

/** What one request did with one arm; the worker's `ArmStatistics` fits as it is. */
export interface AcceptanceRecord {
  readonly arm: string
  readonly draftVersion: string | null
  readonly steps: number
  readonly committedTokens: number
  /** proposed[i], accepted[i]: draft tokens at position i that were verified and accepted. */
  readonly proposed: readonly number[]
  readonly accepted: readonly number[]
}

/** What was counted where one target is served. */
export interface AcceptanceBatch {
  readonly id: string
  readonly targetId: string
  readonly entries: readonly AcceptanceEntry[]
}

/** What one tenant's requests did at about that time. */
export interface AcceptanceEntry {
  readonly tenantId: string
  readonly at: Date
  readonly arms: readonly AcceptanceRecord[]
  /** What its requests say of a canary. */
  readonly witnesses?: readonly CanaryWitness[]
}

export interface CanaryWitness extends Witness {
  readonly draftId: string
}

const BUCKET_MS = 5 * 60_000

/**
 * Adds a batch to its tenants' five-minute buckets, in one statement. Safe to repeat: a batch's id is remembered for a
 * day. Rows go in a fixed order, so that two batches that touch the same rows wait, never deadlock. Tenants that are
 * gone are left out, and so are witnesses of what is no canary of
 * that target, or not their tenant's, or has enough of them.
 */
export async function recordAcceptance(db: Database, batch: AcceptanceBatch): Promise<void> {
  const rows = batch.entries.flatMap(({ tenantId, at, arms }) => {
    const bucket = new Date(Math.floor(at.getTime() / BUCKET_MS) * BUCKET_MS)
    return rowsByKey(arms).map((row) => ({ tenant_id: tenantId, bucket, ...row }))
  })
  if (rows.length === 0) return
  const witnesses = batch.entries.flatMap(({ tenantId, witnesses = [] }) =>
    witnesses.map((witness) => ({ ...witness, tenantId })),
  )
  await guarded('record acceptance', () =>
    db.drizzle.execute(sql`
      with fresh as (
        insert into acceptance_batches (id) values (${batch.id}) on conflict do nothing returning id
      ), testified as (${testimony(batch.targetId, witnesses)})
      insert into acceptance_stats
        (tenant_id, target_id, arm, draft_version, position, bucket, steps, committed, proposed, accepted)
      select tenant_id, ${batch.targetId}, arm, draft_version, position, bucket, sum(steps), sum(committed), sum(proposed), sum(accepted)
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as row (
        tenant_id text, arm text, draft_version text, position smallint, bucket timestamptz,
        steps bigint, committed bigint, proposed bigint, accepted bigint
      )
      where exists (select from fresh) and exists (select from tenants where tenants.id = row.tenant_id)
      group by tenant_id, arm, draft_version, position, bucket
      order by tenant_id, bucket, arm, draft_version, position
      on conflict (tenant_id, bucket, target_id, arm, draft_version, position) do update set
        steps = acceptance_stats.steps + excluded.steps,
        committed = acceptance_stats.committed + excluded.committed,
        proposed = acceptance_stats.proposed + excluded.proposed,
        accepted = acceptance_stats.accepted + excluded.accepted`),
  )
}

/**
 * Makes hours of the buckets before then, and forgets batches that nobody will write again. Sums stay what they were.
 *
 * @returns rows that became part of others
 */
export async function condenseAcceptance(db: Database, before: Date): Promise<number> {
  const condensed = await guarded('condense acceptance', () =>
    db.drizzle.execute(sql`
      with fine as (
        delete from acceptance_stats
        where bucket < date_trunc('hour', ${before}::timestamptz) and bucket <> date_trunc('hour', bucket)
        returning *
      ), hours as (
        insert into acceptance_stats
          (tenant_id, target_id, arm, draft_version, position, bucket, steps, committed, proposed, accepted)
        select tenant_id, target_id, arm, draft_version, position, date_trunc('hour', bucket),
          sum(steps), sum(committed), sum(proposed), sum(accepted)
        from fine
        group by tenant_id, target_id, arm, draft_version, position, date_trunc('hour', bucket)
        on conflict (tenant_id, bucket, target_id, arm, draft_version, position) do update set
          steps = acceptance_stats.steps + excluded.steps,
          committed = acceptance_stats.committed + excluded.committed,
          proposed = acceptance_stats.proposed + excluded.proposed,
          accepted = acceptance_stats.accepted + excluded.accepted
      ), forgotten as (
        delete from acceptance_batches where written_at < now() - interval '1 day'
      )
      select from fine`),
  )
  return condensed.rowCount ?? 0
}

/** A tenant's buckets that begin in [from, to), ordered by time, arm, version and position. */
export function acceptanceOf(
  db: Database,
  tenantId: string,
  period: { from: Date; to: Date },
): Promise<(typeof acceptanceStats.$inferSelect)[]> {
  const { bucket, arm, draftVersion, position } = acceptanceStats
  return guarded('read acceptance', () =>
    db.drizzle
      .select()
      .from(acceptanceStats)
      .where(and(eq(acceptanceStats.tenantId, tenantId), gte(bucket, period.from), lt(bucket, period.to)))
      .orderBy(asc(bucket), asc(arm), asc(draftVersion), asc(position)),
  )
}

/** Beyond, nobody reads them: a trial is decided long before, if there is anybody to decide. */
const WITNESSES_MAX = 512

function testimony(targetId: string, witnesses: readonly (CanaryWitness & { readonly tenantId: string })[]) {
  if (witnesses.length === 0) return sql`select`
  return sql`
    insert into trial_witnesses
      (draft_id, stage, rival, request, rival_tokens, rival_ms, candidate_tokens, candidate_ms)
    select "draftId", 'canary', rival, request, "rivalTokens", "rivalMs", "candidateTokens", "candidateMs"
    from jsonb_to_recordset(${JSON.stringify(witnesses)}::jsonb) as row (
      "draftId" text, "tenantId" text, rival text, request text,
      "rivalTokens" float8, "rivalMs" float8, "candidateTokens" float8, "candidateMs" float8
    )
    where exists (select from fresh) and exists (
      select from draft_versions join draft_trials on draft_id = id
      where id = "draftId" and tenant_id = "tenantId" and target_id = ${targetId} and state = 'canary'
    ) and (
      select count(*) from trial_witnesses as known
      where known.draft_id = "draftId" and known.stage = 'canary' and known.rival = row.rival
    ) < ${WITNESSES_MAX}
    on conflict do nothing`
}

export interface AcceptanceInTime {
  /** Start of the bucket. */
  readonly bucket: Date
  readonly targetId: string | null
  readonly arm: string
  readonly draftVersion: string | null
  readonly steps: number
  readonly committed: number
  readonly proposed: number
  readonly accepted: number
}

/**
 * A tenant's acceptance by target, arm and version over [from, to), in buckets of a width, counted from 1970; over
 * time.
 */
export function acceptanceInTime(
  db: Database,
  tenantId: string,
  { from, to, widthSeconds }: { from: Date; to: Date; widthSeconds: number },
): Promise<AcceptanceInTime[]> {
  const { targetId, arm, draftVersion, steps, committed, proposed, accepted } = acceptanceStats
  const total = (column: unknown) => sql<number>`sum(${column})`.mapWith(Number)
  const bucket = sql`date_bin(${widthSeconds} * interval '1 second', ${acceptanceStats.bucket}, to_timestamp(0))`
  return guarded('acceptance in time', () =>
    db.drizzle
      .select({
        bucket: bucket.mapWith(acceptanceStats.bucket).as('in_time'),
        targetId,
        arm,
        draftVersion,
        steps: total(steps),
        committed: total(committed),
        proposed: total(proposed),
        accepted: total(accepted),
      })
      .from(acceptanceStats)
      .where(
        and(eq(acceptanceStats.tenantId, tenantId), gte(acceptanceStats.bucket, from), lt(acceptanceStats.bucket, to)),
      )
      .groupBy(sql`in_time`, targetId, arm, draftVersion)
      .orderBy(sql`in_time`, asc(targetId), asc(arm), asc(draftVersion)),
  )
}

/** One row per arm, version and position, as the statement names its columns. */
function rowsByKey(arms: readonly AcceptanceRecord[]) {
  return arms.flatMap(({ arm, draftVersion, steps, committedTokens, proposed, accepted }) =>
    Array.from({ length: Math.max(1, proposed.length) }, (_, position) => ({
      arm,
      draft_version: draftVersion,
      position,
      steps: position === 0 ? steps : 0,
      committed: position === 0 ? committedTokens : 0,
      proposed: proposed[position] ?? 0,
      accepted: accepted[position] ?? 0,
    })),
  )
}
