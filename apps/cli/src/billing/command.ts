import type { Command } from 'commander'
import { type DatabaseCommandOptions, withDatabaseOptions, withLearningOptions } from '../options.ts'
import { amountPerMillion, moment } from './arguments.ts'
import type { ExportOptions } from './export.ts'
import { EXPORT_FORMATS } from './formats.ts'
import type { PriceOptions } from './prices.ts'

/** `foretoken billing prices | price | check | close | export`. */
export function addBillingCommand(program: Command): void {
  const billing = program.command('billing').description('prices, the ledger, and what finance takes from it')
  withDatabaseOptions(billing.command('prices'))
    .description('all versions of all prices, per million tokens')
    .action(async (options: DatabaseCommandOptions) => (await prices()).list(options))
  withDatabaseOptions(billing.command('price'))
    .description('add a version of a price; per million tokens')
    .argument('<model>', 'its id, or "*" for every model without a price of its own')
    .requiredOption('--input <amount>', 'prompt tokens', amountPerMillion)
    .requiredOption('--output <amount>', 'completion tokens', amountPerMillion)
    .option(
      '--cached-input <amount>',
      'prompt tokens found in the prefix cache (default: as --input)',
      amountPerMillion,
    )
    .option('--batch-input <amount>', 'the same of batches (default: half of --input)', amountPerMillion)
    .option('--batch-cached-input <amount>', '(default: half of --cached-input)', amountPerMillion)
    .option('--batch-output <amount>', '(default: half of --output)', amountPerMillion)
    .option('--training <amount>', 'tokens that a draft is taught with by order', amountPerMillion, 0n)
    .option('--currency <code>', 'of all prices, budgets and bills here', 'USD')
    .option('--from <moment>', 'when it comes into force, as 2027-01-01T00:00:00Z (default: in five seconds)', moment)
    .action(async (model: string, options: PriceOptions) => (await prices()).add(model, options))
  withDatabaseOptions(billing.command('check'))
    .description('look whether usage, ledger, limits and periods agree to the last unit; fails where they do not')
    .action(async (options: DatabaseCommandOptions) => (await import('./check.ts')).check(options))
  withLearningOptions(billing.command('export'))
    .description('the bills of a period for finance: to a folder, or where the platform keeps its objects')
    .requiredOption('--period <period>', 'a month in UTC, as 2026-11; an open one holds what was posted by now')
    .option('--format <format...>', `of ${EXPORT_FORMATS.join(', ')} (default: all)`)
    .option('--output <folder>', 'where to (default: billing/<period> of the object store, once it is closed)')
    .option('--customers <file>', "JSON of Stripe's customers by tenant id, for --format stripe")
    .action(async (options: ExportOptions) => (await import('./export.ts')).exportBills(options))
  withDatabaseOptions(billing.command('close'))
    .description('close a billing period for good: what comes later is a correction in the next one')
    .argument('<period>', 'a month in UTC, as 2026-11')
    .action(async (period: string, options: DatabaseCommandOptions) =>
      (await import('./close.ts')).close(period, options),
    )
}

const prices = () => import('./prices.ts')
