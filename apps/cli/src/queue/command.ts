import type { Command } from 'commander'
import { type QueueCommandOptions, queueUrlOption, withDatabaseOptions } from '../options.ts'

/** `foretoken queue dead | replay`. */
export function addQueueCommand(program: Command): void {
  const queue = program.command('queue').description('jobs between processes, and those that failed for good')
  withDatabaseOptions(queue.command('dead'))
    .addOption(queueUrlOption())
    .description('dead letters of all queues: jobs that are tried no more, and why')
    .action(async (options: QueueCommandOptions) => {
      const { dead } = await import('./dead.ts')
      await dead(options)
    })
  withDatabaseOptions(queue.command('replay'))
    .addOption(queueUrlOption())
    .description('queue dead letters again')
    .argument('<queue>', 'its name')
    .argument('[ids...]', 'of dead letters')
    .option('--all', 'every dead letter of this queue', false)
    .action(async (name: string, ids: readonly string[], options: QueueCommandOptions & { all: boolean }) => {
      const { replay } = await import('./replay.ts')
      await replay(name, ids, options)
    })
}
