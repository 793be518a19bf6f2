import { and, eq, lt, sql } from 'drizzle-orm'
import type { Database } from '../database.ts'
import { guarded } from '../errors.ts'
import { idempotencyKeys } from '../schema/idempotency-keys.ts'

export interface IdempotentRequest {
  readonly tenantId: string
  readonly keyHash: Buffer
  /** Of endpoint and body. */
  readonly requestHash: Buffer
  /** These are used the first time, and stay. */
  readonly requestId: string
  readonly seed: string
}

export interface StoredAnswer {
  readonly status: number
  readonly contentType: string
  readonly body: Buffer
}

export type Claim =
  /** The caller runs it, under these names whoever began it first. */
  | {
      readonly outcome: 'run'
      readonly requestId: string
      readonly seed: string
      readonly attempt: number
      readonly createdAt: Date
    }
  | { readonly outcome: 'answered'; readonly requestId: string; readonly answer: StoredAnswer }
  /** Somebody else runs it right now. */
  | { readonly outcome: 'running' }
  /** Another request has this name. */
  | { readonly outcome: 'mismatch' }

interface Times {
  /** How long a claim holds without being renewed. */
  readonly leaseMs: number
  /** How long a name means the same request. */
  readonly keptMs: number
}

/**
 * Who runs a request that its tenant named: of any number who ask at once one does, until its claim runs out. Who takes
 * up what another one left gets the same id and seed, so it computes the same answer and the same bill.
 */
export async function claimIdempotencyKey(
  db: Database,
  request: IdempotentRequest,
  gatewayId: string,
  { leaseMs, keptMs }: Times,
): Promise<Claim> {
  const leaseUntil = sql`now() + ${leaseMs}::int * interval '1 millisecond'`
  const fresh = {
    ...request,
    attempt: 1,
    createdAt: sql`now()`,
    expiresAt: sql`now() + ${keptMs}::int * interval '1 millisecond'`,
  }
  const { expiresAt, attempt, requestHash, body } = idempotencyKeys
  const expired = sql`${expiresAt} < now()`
  /** What stays as it is unless the name has expired and means another request from now on. */
  const stays = (column: string) =>
    sql.raw(`case when idempotency_keys.expires_at < now() then excluded.${column} else idempotency_keys.${column} end`)
  return guarded('claim idempotency key', async () => {
    const [claimed] = await db.drizzle
      .insert(idempotencyKeys)
      .values({ ...fresh, gatewayId, leaseUntil })
      .onConflictDoUpdate({
        target: [idempotencyKeys.tenantId, idempotencyKeys.keyHash],
        set: {
          ...{ gatewayId, leaseUntil, body: null, status: null, contentType: null },
          attempt: sql`case when ${expired} then 1 else ${attempt} + 1 end`,
          requestHash: stays('request_hash'),
          requestId: stays('request_id'),
          seed: stays('seed'),
          createdAt: stays('created_at'),
          expiresAt: stays('expires_at'),
        },
        setWhere: sql`${expired} or (${requestHash} = excluded.request_hash and ${body} is null
          and (${idempotencyKeys.gatewayId} is null or ${idempotencyKeys.leaseUntil} < now()))`,
      })
      .returning()
    if (claimed) {
      const { requestId, seed, createdAt } = claimed
      return { outcome: 'run', requestId, seed, attempt: claimed.attempt, createdAt }
    }
    const [known] = await db.drizzle.select().from(idempotencyKeys).where(ofRequest(request)).limit(1)
    if (known && !known.requestHash.equals(request.requestHash)) return { outcome: 'mismatch' }
    if (!known?.body || known.status === null || known.contentType === null) return { outcome: 'running' }
    const { status, contentType } = known
    return { outcome: 'answered', requestId: known.requestId, answer: { status, contentType, body: known.body } }
  })
}

/** Ends a claim, with the answer that whoever asks again is to have; null: it is to be computed anew. */
export async function endIdempotentRequest(
  db: Database,
  request: Pick<IdempotentRequest, 'tenantId' | 'keyHash'> & { readonly attempt: number },
  gatewayId: string,
  answer: StoredAnswer | null,
): Promise<void> {
  const { attempt, gatewayId: holder } = idempotencyKeys
  await guarded('end idempotent request', () =>
    db.drizzle
      .update(idempotencyKeys)
      .set({ gatewayId: null, leaseUntil: null, ...answer })
      .where(and(ofRequest(request), eq(attempt, request.attempt), eq(holder, gatewayId))),
  )
}

/** Renews all claims of a gateway. */
export async function renewIdempotencyKeys(db: Database, gatewayId: string, leaseMs: number): Promise<void> {
  await guarded('renew idempotency keys', () =>
    db.drizzle
      .update(idempotencyKeys)
      .set({ leaseUntil: sql`now() + ${leaseMs}::int * interval '1 millisecond'` })
      .where(eq(idempotencyKeys.gatewayId, gatewayId)),
  )
}

/** Forgets names that mean nothing any more, and their answers; says how many. */
export async function removeExpiredIdempotencyKeys(db: Database): Promise<number> {
  const removed = await guarded('remove expired idempotency keys', () =>
    db.drizzle.delete(idempotencyKeys).where(lt(idempotencyKeys.expiresAt, sql`now()`)),
  )
  return removed.rowCount ?? 0
}

function ofRequest({ tenantId, keyHash }: Pick<IdempotentRequest, 'tenantId' | 'keyHash'>) {
  return and(eq(idempotencyKeys.tenantId, tenantId), eq(idempotencyKeys.keyHash, keyHash))
}
