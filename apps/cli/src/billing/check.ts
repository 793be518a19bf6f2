import { checkBooks } from '@foretoken/db'
import { CliError } from '../errors.ts'
import type { DatabaseCommandOptions } from '../options.ts'
import { print, printJson, renderTable } from '../output.ts'
import { choice, withDatabase } from '../platform/connect.ts'

/** `foretoken billing check`. */
export async function check(options: DatabaseCommandOptions): Promise<void> {
  const violations = await withDatabase(choice(options), ({ db }) => checkBooks(db))
  if (options.json) printJson(violations)
  else if (violations.length === 0) print('The books are right.')
  else {
    const rows = violations.map(({ name, rows: count, examples }) => [name, String(count), examples.join(' ')])
    print(renderTable(['FOUND', 'HOW MANY', 'AMONG THEM'], rows))
  }
  if (violations.length > 0) throw new CliError('The books are not right.')
}
