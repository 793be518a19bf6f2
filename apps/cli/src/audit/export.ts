import { once } from 'node:events'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { auditRecords, type Database } from '@foretoken/db'
import { stringify } from 'csv-stringify'
import type { DatabaseCommandOptions } from '../options.ts'
import { choice, withDatabase } from '../platform/connect.ts'
import { toLine } from './line.ts'

export interface ExportOptions extends DatabaseCommandOptions {
  readonly format: 'jsonl' | 'csv'
}

const COLUMNS = [
  ...['sequence', 'at', 'actorKind', 'actorId', 'action', 'subjectId', 'tenantId', 'before', 'after', 'requestId'],
  'hash',
]

/** `foretoken audit export`: the same log gives the same bytes. JSON Lines can be verified again, apart from here. */
export async function exportLog({ format, ...options }: ExportOptions): Promise<void> {
  await withDatabase(choice(options), async ({ db }) => {
    if (format === 'jsonl') {
      for await (const record of auditRecords(db)) {
        if (!process.stdout.write(`${JSON.stringify(toLine(record))}\n`)) await once(process.stdout, 'drain')
      }
      return
    }
    // A cell that a spreadsheet would compute is shown as text.
    const csv = stringify({ header: true, columns: COLUMNS, escape_formulas: true })
    await pipeline(Readable.from(cells(db)), csv, process.stdout, { end: false })
  })
}

async function* cells(db: Database) {
  const json = (value: unknown) => (value === null ? '' : JSON.stringify(value))
  for await (const record of auditRecords(db)) {
    const line = toLine(record)
    yield { ...line, before: json(line.before), after: json(line.after) }
  }
}
