import { type BillLine, billingCurrency, billLines, type Database, periodBounds } from '@foretoken/db'
import { type ExportFile, type ExportFormat, type Manifest, manifestOf, periodFiles } from '@foretoken/metering/export'

export interface PeriodExport {
  readonly manifest: Manifest
  readonly files: readonly ExportFile[]
}

/** Before there is a price everything is free, in whatever currency. */
const CURRENCY = 'USD'

/**
 * A period's files. Of a closed one they are the same for ever; of an open one they hold what was posted by now. All of
 * it is in memory at once: about 1 KB a request.
 */
export async function exportPeriod(
  db: Database,
  period: string,
  formats: readonly ExportFormat[],
  customers: ReadonlyMap<string, string> = new Map(),
): Promise<PeriodExport> {
  const bounds = await periodBounds(db, period)
  const lines: BillLine[] = []
  for await (const page of billLines(db, bounds)) lines.push(...page)
  const currency = (await billingCurrency(db)) ?? CURRENCY
  const facts = { period, currency, closed: bounds.closed, through: bounds.through, customers }
  const files = periodFiles(lines, facts, formats)
  return { files, manifest: manifestOf(lines, facts, files) }
}
