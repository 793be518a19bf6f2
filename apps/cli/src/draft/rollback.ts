import { takeBackDraft } from '@foretoken/db'
import { CliError } from '../errors.ts'
import { requireServedTarget } from '../model/served.ts'
import type { LearningCommandOptions } from '../options.ts'
import { print, printJson } from '../output.ts'
import { choice, withDatabase } from '../platform/connect.ts'
import { requireTenant } from '../tenant/lookup.ts'

/** `foretoken draft rollback`: at once, and for good; of a tenant that tries a draft, that one first. */
export async function rollback({
  tenant: nameOrId,
  model,
  ...options
}: LearningCommandOptions & { readonly tenant: string; readonly model?: string }): Promise<void> {
  await withDatabase(choice(options), async ({ db }) => {
    const tenant = await requireTenant(db, nameOrId)
    const target = await requireServedTarget(db, model)
    const lineage = { tenantId: tenant.id, targetId: target.id }
    const taken = await takeBackDraft(db, lineage, 'hand')
    if (!taken) throw new CliError(`Tenant ${tenant.name} has no draft of its own in use on ${target.name}.`)
    if (options.json) return printJson({ tenant: tenant.id, ...taken })
    const now = taken.live === null ? 'the static draft' : taken.live
    if (taken.trial) {
      const more = taken.live === null ? '' : ' To roll that back too, give the command again.'
      return print(`Tenant ${tenant.name}: the trial of ${taken.rejected} is over; ${now} goes on serving it.${more}`)
    }
    print(`Tenant ${tenant.name}: ${taken.rejected} is out of use; ${now} serves it from now on.`)
  })
}
