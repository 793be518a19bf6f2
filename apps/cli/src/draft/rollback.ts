import { rollBackDraft } from '@foretoken/db'
import { CliError } from '../errors.ts'
import { requireServedTarget } from '../model/served.ts'
import type { LearningCommandOptions } from '../options.ts'
import { print, printJson } from '../output.ts'
import { choice, withDatabase } from '../platform/connect.ts'
import { requireTenant } from '../tenant/lookup.ts'

/** `foretoken draft rollback`: at once, and for good. */
export async function rollback({
  tenant: nameOrId,
  model,
  ...options
}: LearningCommandOptions & { readonly tenant: string; readonly model?: string }): Promise<void> {
  await withDatabase(choice(options), async ({ db }) => {
    const tenant = await requireTenant(db, nameOrId)
    const target = await requireServedTarget(db, model)
    const lineage = { tenantId: tenant.id, targetId: target.id }
    const rolledBack = await rollBackDraft(db, lineage, 'Rolled back by hand.')
    if (!rolledBack) throw new CliError(`Tenant ${tenant.name} has no draft of its own in use on ${target.name}.`)
    if (options.json) return printJson({ tenant: tenant.id, ...rolledBack })
    const now = rolledBack.live === null ? 'the static draft' : rolledBack.live
    print(`Tenant ${tenant.name}: ${rolledBack.rejected} is out of use; ${now} serves it from now on.`)
  })
}
