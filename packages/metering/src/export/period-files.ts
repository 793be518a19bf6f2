import { createHash } from 'node:crypto'
import { formatAmount } from '../money.ts'
import { encodeCsv, encodeJsonLines, encodeParquet } from './encode.ts'
import { focusCharges, focusColumns } from './focus.ts'
import { type ExportFacts, type ExportLine, lineColumns } from './line.ts'
import { meterEvents } from './stripe.ts'

export const EXPORT_FORMATS = ['csv', 'jsonl', 'parquet', 'focus', 'stripe'] as const
export type ExportFormat = (typeof EXPORT_FORMATS)[number]

export interface ExportFile {
  readonly name: string
  readonly rows: number
  readonly bytes: Uint8Array
}

export interface Manifest {
  readonly version: 1
  readonly period: string
  readonly closed: boolean
  /** Of the ledger: what was posted behind is in no file here. */
  readonly through: number
  readonly currency: string
  readonly lines: number
  readonly corrections: number
  readonly total: string
  readonly files: readonly {
    readonly name: string
    readonly rows: number
    readonly bytes: number
    readonly sha256: string
  }[]
}

export interface PeriodFacts extends ExportFacts {
  readonly closed: boolean
  readonly through: number
  /** Stripe's customers by tenant. */
  readonly customers?: ReadonlyMap<string, string>
}

/** A period's lines in some formats. The same lines give the same bytes. */
export function periodFiles(
  lines: readonly ExportLine[],
  facts: PeriodFacts,
  formats: readonly ExportFormat[],
): ExportFile[] {
  return formats.flatMap((format) => FILES[format](lines, facts))
}

/** What a folder of files holds; written last, so that files without it are no export yet. */
export function manifestOf(lines: readonly ExportLine[], facts: PeriodFacts, files: readonly ExportFile[]): Manifest {
  const { period, closed, through, currency } = facts
  const total = lines.reduce(
    (sum, { inputNano, cachedNano, outputNano }) => sum + inputNano + cachedNano + outputNano,
    0n,
  )
  return {
    version: 1,
    ...{ period, closed, through, currency },
    lines: lines.length,
    corrections: lines.filter(({ kind }) => kind !== 'usage').length,
    total: formatAmount(total),
    files: files.map(({ name, rows, bytes }) => {
      return { name, rows, bytes: bytes.byteLength, sha256: createHash('sha256').update(bytes).digest('hex') }
    }),
  }
}

type Make = (lines: readonly ExportLine[], facts: PeriodFacts) => ExportFile[]

const FILES: Readonly<Record<ExportFormat, Make>> = {
  csv: (lines, facts) => [{ name: 'bills.csv', rows: lines.length, bytes: encodeCsv(lineColumns(facts), lines) }],
  jsonl: (lines, facts) => [
    { name: 'bills.jsonl', rows: lines.length, bytes: encodeJsonLines(lineColumns(facts), lines) },
  ],
  parquet: (lines, facts) => [
    { name: 'bills.parquet', rows: lines.length, bytes: encodeParquet(lineColumns(facts), lines) },
  ],
  focus: (lines, facts) => {
    const charges = focusCharges(lines)
    const columns = focusColumns(facts)
    return [
      { name: 'focus.csv', rows: charges.length, bytes: encodeCsv(columns, charges) },
      { name: 'focus.parquet', rows: charges.length, bytes: encodeParquet(columns, charges) },
    ]
  },
  stripe: (lines, facts) => {
    const { events, remainders } = meterEvents(lines, facts, facts.customers)
    return [
      jsonLines('stripe.jsonl', events),
      ...(remainders.length > 0 ? [jsonLines('stripe-remainders.jsonl', remainders)] : []),
    ]
  },
}

function jsonLines(name: string, rows: readonly object[]): ExportFile {
  return { name, rows: rows.length, bytes: Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join('')) }
}
