import { type CloseRefused, closePeriod } from '@foretoken/db'
import { isPeriod } from '@foretoken/metering'
import { CliError } from '../errors.ts'
import type { DatabaseCommandOptions } from '../options.ts'
import { print, printJson } from '../output.ts'
import { choice, withDatabase } from '../platform/connect.ts'

/** `foretoken billing close <period>`. */
export async function close(period: string, options: DatabaseCommandOptions): Promise<void> {
  if (!isPeriod(period)) throw new CliError(`"${period}" is no billing period: a month, as 2026-11.`)
  await withDatabase(choice(options), async ({ db }) => {
    const result = await closePeriod(db, period)
    if (!result.ok) throw new CliError(REFUSED[result.reason])
    const { closedAt } = result.closed
    if (options.json) printJson({ period, closedAt })
    else
      print(
        `Period ${period} is closed since ${closedAt.toISOString()}. Export it: foretoken billing export --period ${period}`,
      )
  })
}

const REFUSED: Readonly<Record<CloseRefused, string>> = {
  not_over: 'This period has not ended yet.',
  earlier_open: 'An earlier period is open still: close them in order, so that what comes late has one to go to.',
}
