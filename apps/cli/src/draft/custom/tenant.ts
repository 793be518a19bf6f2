import { type Database, findTenant, type Tenant } from '@foretoken/db'
import { FORGET_MARGIN_MS } from '@foretoken/learning'
import { CliError } from '../../errors.ts'
import { requireTenant } from '../../tenant/lookup.ts'

/**
 * A tenant that may be learned from now.
 *
 * @throws CliError else: unknown, not active, opted out, or forgotten a moment ago.
 */
export async function requireLearner(db: Database, nameOrId: string, nowMs: number): Promise<Tenant> {
  const tenant = await requireTenant(db, nameOrId)
  const { name, status, learning, forgottenAt } = tenant
  if (status !== 'active') throw new CliError(`Tenant ${name} is not active.`)
  if (!learning) {
    throw new CliError(`Tenant ${name} is opted out of learning. Opt it in: foretoken tenant learning ${name} on`)
  }
  const deletedMs = (forgottenAt?.getTime() ?? Number.NEGATIVE_INFINITY) + FORGET_MARGIN_MS - nowMs
  if (deletedMs > 0) {
    const seconds = Math.ceil(deletedMs / 1_000)
    throw new CliError(`Tenant ${name} was just forgotten, and what is recorded now goes too. Repeat in ${seconds} s.`)
  }
  return tenant
}

/** Whether it may be learned from as it was: not opted out, revoked or forgotten since. */
export async function isUnchanged(db: Database, before: Tenant): Promise<boolean> {
  const now = await findTenant(db, before.id)
  const sameMemory = now?.forgottenAt?.getTime() === before.forgottenAt?.getTime()
  return now?.status === 'active' && now.learning && sameMemory
}
