import { requestIdOf } from '@foretoken/protocol'
import { and, eq, gt, lte, sql } from 'drizzle-orm'
import type { Database } from '../database.ts'
import { guarded } from '../errors.ts'
import { idempotencyKeys } from '../schema/idempotency-keys.ts'
import { storedResponses } from '../schema/stored-responses.ts'

export type StoredResponse = Pick<typeof storedResponses.$inferSelect, 'id' | 'previousId' | 'input' | 'response'>

export interface StoredResponseLimits {
  readonly keptMs: number
  /** Of one tenant: what is older goes. */
  readonly countMax: number
  readonly bytesMax: number
}

/** Stores a response, in place of the tenant's oldest where there are too many. Idempotent on its id. */
export async function saveResponse(
  db: Database,
  tenantId: string,
  { id, previousId, input, response }: StoredResponse,
  limits: StoredResponseLimits,
): Promise<void> {
  const bytes = Buffer.byteLength(JSON.stringify(input)) + Buffer.byteLength(JSON.stringify(response))
  const expiresAt = sql`now() + ${limits.keptMs} * interval '1 millisecond'`
  await guarded('save response', () =>
    db.drizzle.transaction(async (tx) => {
      await tx
        .insert(storedResponses)
        .values({ id, tenantId, previousId, expiresAt, bytes, input, response })
        .onConflictDoNothing()
      await tx.execute(sql`
        delete from stored_responses where id in (
          select id from (
            select id, row_number() over newest as count, sum(bytes) over newest as bytes
            from stored_responses
            where tenant_id = ${tenantId}
            window newest as (order by id desc)
          ) as kept
          where count > ${limits.countMax} or bytes > ${limits.bytesMax}
        )`)
    }),
  )
}

/**
 * A tenant's response and those that it went on from, newest first; empty where there is none of this id. The last one
 * has a `previousId` where the beginning is gone.
 */
export async function responseChain(db: Database, tenantId: string, id: string): Promise<StoredResponse[]> {
  const found = await guarded('response chain', () =>
    db.drizzle.execute<{ [Column in keyof StoredResponse]: StoredResponse[Column] }>(sql`
      with recursive chain as (
        select id, previous_id, input, response, 1 as depth
        from stored_responses
        where tenant_id = ${tenantId} and id = ${id} and expires_at > now()
        union all
        select older.id, older.previous_id, older.input, older.response, chain.depth + 1
        from chain join stored_responses as older
          on older.id = chain.previous_id and older.tenant_id = ${tenantId} and older.expires_at > now()
        where chain.depth < ${CHAIN_MAX}
      )
      select id, previous_id as "previousId", input, response from chain order by depth`),
  )
  return found.rows
}

/** One response of a tenant, without what came before it; null where there is none. */
export async function findResponse(db: Database, tenantId: string, id: string): Promise<StoredResponse | null> {
  const { previousId, input, response } = storedResponses
  const rows = await guarded('find response', () =>
    db.drizzle
      .select({ id: storedResponses.id, previousId, input, response })
      .from(storedResponses)
      .where(
        and(
          eq(storedResponses.tenantId, tenantId),
          eq(storedResponses.id, id),
          gt(storedResponses.expiresAt, sql`now()`),
        ),
      )
      .limit(1),
  )
  return rows[0] ?? null
}

/** With what is kept for who sends its request again. False where the tenant has no response of this id. */
export async function deleteResponse(db: Database, tenantId: string, id: string): Promise<boolean> {
  const { expiresAt } = storedResponses
  const isIt = and(eq(storedResponses.tenantId, tenantId), eq(storedResponses.id, id), gt(expiresAt, sql`now()`))
  const named = and(eq(idempotencyKeys.tenantId, tenantId), eq(idempotencyKeys.requestId, requestIdOf(id, 'response')))
  return guarded('delete response', () =>
    db.drizzle.transaction(async (tx) => {
      const deleted = await tx.delete(storedResponses).where(isIt).returning({ id: storedResponses.id })
      if (deleted.length > 0) await tx.delete(idempotencyKeys).where(named)
      return deleted.length > 0
    }),
  )
}

/** @returns how many there were */
export async function removeExpiredResponses(db: Database): Promise<number> {
  const removed = await guarded('remove expired responses', () =>
    db.drizzle.delete(storedResponses).where(lte(storedResponses.expiresAt, sql`now()`)),
  )
  return removed.rowCount ?? 0
}

type Transaction = Parameters<Parameters<Database['drizzle']['transaction']>[0]>[0]

/** All of a tenant's, as part of what forgets or revokes it. */
export async function deleteResponsesIn(tx: Pick<Transaction, 'delete'>, tenantId: string): Promise<void> {
  await tx.delete(storedResponses).where(eq(storedResponses.tenantId, tenantId))
}

/** More than a tenant may have stored. */
const CHAIN_MAX = 10_000
