import { type Command, InvalidArgumentError, Option } from 'commander'
import { integer, withDatabaseOptions } from '../options.ts'
import type { ExportOptions } from './export.ts'
import type { ListOptions } from './list.ts'
import type { VerifyOptions } from './verify.ts'

/** `foretoken audit list | verify | export`. */
export function addAuditCommand(program: Command): void {
  const audit = program.command('audit').description('who changed which tenant, key or draft, and when')
  withDatabaseOptions(audit.command('list'))
    .description('the latest changes')
    .option('--tenant <tenant>', 'of one tenant, by name or id')
    .option('--rows <n>', 'how many', integer(1, 10_000), 50)
    .action(async (options: ListOptions) => {
      const { list } = await import('./list.ts')
      await list(options)
    })
  withDatabaseOptions(audit.command('verify'))
    .description('check that nothing was changed, taken out, put in or moved; fails where something was')
    .option('--file <file>', 'an export in JSON Lines instead of the database')
    .option('--known <row:hash...>', 'the end that an earlier verification or export showed', knownHead, [])
    .action(async (options: VerifyOptions) => {
      const { verify } = await import('./verify.ts')
      await verify(options)
    })
  withDatabaseOptions(audit.command('export'))
    .description('the whole log, oldest first, to standard output')
    .addOption(new Option('--format <format>').choices(['jsonl', 'csv']).default('jsonl'))
    .action(async (options: ExportOptions) => {
      const { exportLog } = await import('./export.ts')
      await exportLog(options)
    })
}

function knownHead(text: string, before: VerifyOptions['known']): VerifyOptions['known'] {
  const [, sequence = '', hash = ''] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? []
  if (hash === '') throw new InvalidArgumentError('Expected a row and its hash as `audit verify` prints them: 12:9f3c…')
  return [...before, { sequence: Number(sequence), hash: Buffer.from(hash, 'hex') }]
}
