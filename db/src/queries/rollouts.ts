import { sql } from 'drizzle-orm'
import type { Database } from '../database.ts'
import { guarded } from '../errors.ts'
import { draftVersions } from '../schema/drafts.ts'
import { targets } from '../schema/targets.ts'
import { tenants } from '../schema/tenants.ts'
import { ago } from './targets.ts'

/**
 * Where a tenant with rollouts on has no draft of any kind on weights that are served, and one in use on others of the
 * same name and form: what it would begin with is to be judged there.
 */
export async function rolloutsDue(
  db: Database,
  servedWithinMs: number,
): Promise<{ readonly tenantId: string; readonly targetId: string }[]> {
  const { rows } = await guarded('rollouts due', () =>
    db.drizzle.execute<{ tenant_id: string; target_id: string }>(sql`
      select distinct ${tenants.id} as tenant_id, here.id as target_id
      from ${tenants}
      join ${draftVersions} on ${draftVersions.tenantId} = ${tenants.id}
        and ${draftVersions.state} = 'live' and ${draftVersions.arm} = 'adaptive'
      join ${targets} on ${targets.id} = ${draftVersions.targetId}
      join ${targets} as here
        on here.name = ${targets.name} and here.form = ${targets.form} and here.id <> ${targets.id}
      where ${tenants.rollouts} and here.last_seen_at > ${ago(servedWithinMs)} and not exists (
        select from ${draftVersions} as own where own.tenant_id = ${tenants.id} and own.target_id = here.id
      )`),
  )
  return rows.map((row) => ({ tenantId: row.tenant_id, targetId: row.target_id }))
}
