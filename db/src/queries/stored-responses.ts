import { requestIdOf } from '@foretoken/protocol'
import { and, eq, gt, lte, ne, sql } from 'drizzle-orm'
import type { Database } from '../database.ts'
import { guarded } from '../errors.ts'
import { idempotencyKeys } from '../schema/idempotency-keys.ts'
import { storedResponses } from '../schema/stored-responses.ts'
import { tenants } from '../schema/tenants.ts'
import type { Transaction } from '../transaction.ts'

export type StoredResponse = Pick<typeof storedResponses.$inferSelect, 'id' | 'previousId' | 'input' | 'response'>

export interface StoredResponseLimits {
  readonly keptMs: number
  /** Of one tenant: what is older goes. */
  readonly countMax: number
  readonly bytesMax: number
}

/**
 * Stores a response, in place of the tenant's oldest where there are too many. Idempotent on its id. One that was deleted
 * meanwhile has none any more.
 */
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
      if (!(await isThere(tx, tenantId))) return
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

/** A response and those that it went on from, newest first; empty where there is none of its id. */
export interface ResponseChain {
  readonly responses: StoredResponse[]
  /** `cut`: they are more than was asked for; `gone`: the beginning is not there any more. */
  readonly extent: 'whole' | 'cut' | 'gone'
}

/** @param bytesMax about how much of a chain is read */
export async function responseChain(
  db: Database,
  tenantId: string,
  id: string,
  bytesMax: number,
): Promise<ResponseChain> {
  const { rows } = await guarded('response chain', () =>
    db.drizzle.execute<{ [Column in keyof StoredResponse]: StoredResponse[Column] } & { total: number }>(sql`
      with recursive chain as (
        select id, previous_id, input, response, bytes as total, 1 as depth
        from stored_responses
        where tenant_id = ${tenantId} and id = ${id} and expires_at > now()
        union all
        select older.id, older.previous_id, older.input, older.response, chain.total + older.bytes, chain.depth + 1
        from chain join stored_responses as older
          on older.id = chain.previous_id and older.tenant_id = ${tenantId} and older.expires_at > now()
        where chain.total <= ${bytesMax}
      )
      select id, previous_id as "previousId", input, response, total from chain order by depth`),
  )
  const oldest = rows.at(-1)
  const extent = oldest?.previousId === null ? 'whole' : (oldest?.total ?? 0) > bytesMax ? 'cut' : 'gone'
  return { responses: rows.map(({ total: _, ...response }) => response), extent }
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

/** Waits for one that is being deleted. */
async function isThere(tx: Transaction, tenantId: string): Promise<boolean> {
  const rows = await tx
    .select({ id: tenants.id })
    .from(tenants)
    .where(and(eq(tenants.id, tenantId), ne(tenants.status, 'deleted')))
    .for('share')
  return rows.length > 0
}

/** All of a tenant's, as part of what forgets or deletes it. */
export async function deleteResponsesIn(tx: Transaction, tenantId: string): Promise<void> {
  await tx.delete(storedResponses).where(eq(storedResponses.tenantId, tenantId))
}
