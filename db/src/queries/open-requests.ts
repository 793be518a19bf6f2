import { sql } from 'drizzle-orm'
import type { Database } from '../database.ts'
import { guarded } from '../errors.ts'
import { transaction } from '../prepared.ts'
import { openRequests } from '../schema/open-requests.ts'
import { settle } from './settle.ts'

export type OpenRequest = Omit<typeof openRequests.$inferSelect, 'gatewayId' | 'seenAt' | 'attempt'> & {
  /** Absent: the first. */
  readonly attempt?: number
}

/** The error code of usage that another process wrote, from what was known of a request when its gateway was lost. */
export const GATEWAY_LOST = 'gateway_lost'

/** Writes down what a gateway's requests have used by now, all in one statement. */
export async function journalOpenRequests(
  db: Database,
  gatewayId: string,
  requests: readonly OpenRequest[],
): Promise<void> {
  if (requests.length === 0) return
  // In one order everywhere: two statements that touch the same rows then wait, never deadlock.
  const rows = [...requests].sort((a, b) => (a.id < b.id ? -1 : 1))
  await guarded('journal open requests', () =>
    db.drizzle
      .insert(openRequests)
      .values(rows.map((row) => ({ ...row, gatewayId, seenAt: sql`now()` })))
      .onConflictDoUpdate({
        target: openRequests.id,
        set: {
          seenAt: sql`now()`,
          gatewayId,
          attempt: sql`excluded.attempt`,
          promptTokens: sql`excluded.prompt_tokens`,
          cachedTokens: sql`excluded.cached_tokens`,
          completionTokens: sql`excluded.completion_tokens`,
        },
      }),
  )
}

/**
 * Bills what gateways served before they were lost: those whose lease ran out. Several processes may do it at once, and
 * one that was only slow may still write the whole: `recordUsage` lets that stand.
 *
 * @returns requests that were settled
 */
export async function settleLostRequests(db: Database): Promise<number> {
  return transaction(db, 'settle lost requests', async (client) => {
    const settled = await client.query<{ id: string }>(`
        with lost as (
          delete from open_requests
          where not exists (
            select from processes
            where processes.id = open_requests.gateway_id and processes.lease_until > now()
          )
          -- Written down once more while its usage was on its way.
          or exists (
            select from requests where requests.id = open_requests.id and requests.attempt >= open_requests.attempt
          )
          returning *
        )
        insert into requests (id, tenant_id, key_id, model, endpoint, started_at, finished_at, prompt_tokens,
          cached_tokens, completion_tokens, status, error_code, stream, attempt)
        select id, tenant_id, key_id, model, endpoint, started_at, seen_at, prompt_tokens,
          cached_tokens, completion_tokens, 'failed', '${GATEWAY_LOST}', stream, attempt
        from lost
        on conflict (id) do update set started_at = excluded.started_at, finished_at = excluded.finished_at,
          prompt_tokens = excluded.prompt_tokens, cached_tokens = excluded.cached_tokens,
          completion_tokens = excluded.completion_tokens, status = excluded.status, error_code = excluded.error_code,
          stream = excluded.stream, attempt = excluded.attempt
        where excluded.attempt > requests.attempt
        returning id`)
    const ids = settled.rows.map(({ id }) => id)
    await settle(client, ids)
    return ids.length
  })
}
