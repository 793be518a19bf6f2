import { setHeld } from '@foretoken/db'
import type { LearningCommandOptions } from '../options.ts'
import { print, printJson } from '../output.ts'
import { choice, withDatabase } from '../platform/connect.ts'
import { requireTenant } from '../tenant/lookup.ts'

/** `foretoken draft hold TENANT on|off`. */
export async function hold(nameOrId: string, state: 'on' | 'off', options: LearningCommandOptions): Promise<void> {
  await withDatabase(choice(options), async ({ db }) => {
    const tenant = await requireTenant(db, nameOrId)
    await setHeld(db, tenant.id, state === 'on')
    if (options.json) return printJson({ tenant: tenant.id, held: state === 'on' })
    print(
      state === 'on'
        ? `Tenant ${tenant.name} is trained no more, unless by order: foretoken draft adapt --tenant ${tenant.name}`
        : `The scheduler decides about tenant ${tenant.name} again.`,
    )
  })
}
