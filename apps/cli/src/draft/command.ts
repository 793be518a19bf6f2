import { rollBackDraft } from '@foretoken/db'
import type { Command } from 'commander'
import { CliError } from '../errors.ts'
import { type LearningCommandOptions, withLearningOptions } from '../options.ts'
import { print, printJson } from '../output.ts'
import { choice, withDatabase } from '../platform/connect.ts'
import { requireTenant } from '../tenant/lookup.ts'
import { addTrainCommand } from './train/command.ts'

interface TenantOptions extends LearningCommandOptions {
  readonly tenant: string
}

/** `foretoken draft status | adapt | rollback | train`. */
export function addDraftCommand(program: Command): void {
  const draft = program.command('draft').description('drafts: what they do for each tenant, and how they learn')
  withLearningOptions(draft.command('status'))
    .description('versions, acceptance by tenant and arm, and why a tenant has no draft of its own yet')
    .option('--tenant <tenant>', 'one tenant, by name or id, with more detail (default: all)')
    .action(async (options: LearningCommandOptions & { tenant?: string }) => {
      const { status } = await import('./status.ts')
      await status(options)
    })
  withLearningOptions(draft.command('adapt'))
    .description("teach a tenant's draft now, and use it if it is better")
    .requiredOption('--tenant <tenant>', 'by name or id')
    .option('--wait', 'follow the run and say what it found; fails only if the run fails', false)
    .action(async (options: TenantOptions & { wait: boolean }) => {
      const { adapt } = await import('./adapt.ts')
      await adapt(options)
    })
  withLearningOptions(draft.command('rollback'))
    .description("take a tenant's draft out of use for good, and the last good one back into it")
    .requiredOption('--tenant <tenant>', 'by name or id')
    .action(rollback)
  addTrainCommand(draft)
}

async function rollback({ tenant: nameOrId, ...options }: TenantOptions): Promise<void> {
  await withDatabase(choice(options), async ({ db }) => {
    const tenant = await requireTenant(db, nameOrId)
    const rolledBack = await rollBackDraft(db, tenant.id, 'Rolled back by hand.')
    if (!rolledBack) throw new CliError(`Tenant ${tenant.name} has no draft of its own in use.`)
    if (options.json) return printJson({ tenant: tenant.id, ...rolledBack })
    const now = rolledBack.live === null ? 'the static draft' : rolledBack.live
    print(`Tenant ${tenant.name}: ${rolledBack.rejected} is out of use; ${now} serves it within ten seconds.`)
  })
}
