import { Argument, type Command } from 'commander'
import {
  type LearningCommandOptions,
  modelOption,
  type QueueCommandOptions,
  queueUrlOption,
  withLearningOptions,
} from '../options.ts'
import { addCustomCommand } from './custom/command.ts'
import { addTrainCommand } from './train/command.ts'

interface TenantOptions extends LearningCommandOptions {
  readonly tenant: string
  readonly model?: string
}

/** `foretoken draft status | why | hold | adapt | custom | rollback | train`. */
export function addDraftCommand(program: Command): void {
  const draft = program.command('draft').description('drafts: what they do for each tenant, and how they learn')
  withLearningOptions(draft.command('status'))
    .description(
      'versions, acceptance by tenant and arm, what is on trial, and why a tenant has no draft of its own yet',
    )
    .option('--tenant <tenant>', 'one tenant, by name or id, with more detail (default: all)')
    .option('--model <model>', 'what it says of one model (default: all)')
    .action(async (options: LearningCommandOptions & { tenant?: string; model?: string }) => {
      const { status } = await import('./status.ts')
      await status(options)
    })
  withLearningOptions(draft.command('why'))
    .description('what the scheduler decided about a tenant, from which figures, and instead of what')
    .argument('<tenant>', 'by name or id')
    .addOption(modelOption())
    .action(async (tenant: string, options: LearningCommandOptions & { model?: string }) => {
      const { why } = await import('./why.ts')
      await why(tenant, options)
    })
  withLearningOptions(draft.command('hold'))
    .description('stop or allow training of a tenant by the scheduler; orders by hand are served all the same')
    .argument('<tenant>', 'by name or id')
    .addArgument(new Argument('<state>', 'on: no training').choices(['on', 'off']))
    .action(async (tenant: string, state: 'on' | 'off', options: LearningCommandOptions) => {
      const { hold } = await import('./hold.ts')
      await hold(tenant, state, options)
    })
  withLearningOptions(draft.command('adapt'))
    .addOption(queueUrlOption())
    .description("teach a tenant's draft now, and use it at once if it is better")
    .requiredOption('--tenant <tenant>', 'by name or id')
    .addOption(modelOption())
    .option('--wait', 'follow the run and say what it found; fails only if the run fails', false)
    .action(async (options: TenantOptions & QueueCommandOptions & { wait: boolean }) => {
      const { adapt } = await import('./adapt.ts')
      await adapt(options)
    })
  addCustomCommand(draft)
  withLearningOptions(draft.command('rollback'))
    .description(
      "take a tenant's draft out of use for good, and the last good one back into it; first what is on trial",
    )
    .requiredOption('--tenant <tenant>', 'by name or id')
    .addOption(modelOption())
    .action(async (options: TenantOptions) => {
      const { rollback } = await import('./rollback.ts')
      await rollback(options)
    })
  addTrainCommand(draft)
}
