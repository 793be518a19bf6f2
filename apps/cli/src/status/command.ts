import type { Command } from 'commander'
import { type DatabaseCommandOptions, withDatabaseOptions } from '../options.ts'

/** `foretoken status`: the whole platform at a glance. */
export function addStatusCommand(program: Command): void {
  const status = program.command('status').description('who is there: gateways, workers, trainers, and what they do')
  withDatabaseOptions(status).action(async (options: DatabaseCommandOptions) => {
    const { status } = await import('./status.ts')
    await status(options)
  })
}
