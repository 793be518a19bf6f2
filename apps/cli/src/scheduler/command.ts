import type { Command } from 'commander'
import { type LearningCommandOptions, withLearningOptions } from '../options.ts'

/** `foretoken scheduler what-if`. */
export function addSchedulerCommand(program: Command): void {
  const scheduler = program.command('scheduler').description('who is trained and served with what, and why')
  withLearningOptions(scheduler.command('what-if'))
    .description('what the last round would have decided under other rules')
    .requiredOption(
      '--set <rule=value...>',
      'for example training.budgetMs=60000 or promotion.canaryShare=0.1; see the list with --set list',
    )
    .action(async (options: LearningCommandOptions & { set: string[] }) => {
      const { whatIf } = await import('./what-if.ts')
      await whatIf(options)
    })
}
