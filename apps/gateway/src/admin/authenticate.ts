import { actingAs, authenticateAdmin } from '@foretoken/db'
import { ApiError } from '@foretoken/protocol'
import type { Context } from 'hono'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import type { Limits } from '../config.ts'
import { bearerOf } from '../middleware/authenticate.ts'
import type { GatewayEnv, Management } from '../services.ts'
import { within } from '../within.ts'
import type { AdminCaller } from './caller.ts'
import { mayDo, type Permission } from './permissions.ts'

const WINDOW_SECONDS = 60

/**
 * Tells who calls `/admin/v1`, asking the database each time: a revoked credential opens nothing from then on. Secrets
 * of 256 bits are not guessed; an address that tries is kept from asking the database.
 */
export function adminGate({ db, pepper }: Management, { adminAttemptsMax, databaseMsMax }: Limits) {
  const wrong = new RateLimiterMemory({ points: adminAttemptsMax, duration: WINDOW_SECONDS })
  return async (ctx: Context<GatewayEnv>, permission: Permission): Promise<AdminCaller> => {
    const address = ctx.env.incoming.socket.remoteAddress ?? 'unknown'
    if (((await wrong.get(address))?.consumedPoints ?? 0) >= adminAttemptsMax) {
      throw new ApiError('too_many_attempts', { values: {} })
    }
    const presented = bearerOf(ctx)
    const admin = presented === undefined ? null : await ask(authenticateAdmin(db, pepper, presented), databaseMsMax)
    if (!admin) {
      await wrong.consume(address).catch(() => undefined)
      throw new ApiError('invalid_admin_key', { values: {} })
    }
    if (!mayDo(admin.role, permission))
      throw new ApiError('role_forbidden', { values: { role: admin.role, permission } })
    return { admin, pepper, db: actingAs(db, { kind: 'admin', id: admin.id, requestId: ctx.var.requestId }) }
  }
}

async function ask<T>(answer: Promise<T>, databaseMsMax: number): Promise<T> {
  try {
    return await within(databaseMsMax, answer)
  } catch (cause) {
    throw new ApiError('authentication_unavailable', { values: {}, internal: 'the database did not answer', cause })
  }
}
