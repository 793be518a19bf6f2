import { stringify } from 'csv-stringify/sync'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { formatAmount } from '../money.ts'
import type { Cell, Column } from './line.ts'

/** A table in one of the formats that finance reads. Equal rows give equal bytes. */
export type Encoder = <Row>(columns: readonly Column<Row>[], rows: readonly Row[]) => Uint8Array

/** RFC 4180, with a header; lines end in a line feed. */
export const encodeCsv: Encoder = (columns, rows) =>
  Buffer.from(
    stringify(
      rows.map((row) => columns.map((column) => textOf(column.of(row)))),
      {
        header: true,
        columns: columns.map(({ name }) => name),
      },
    ),
  )

/** JSON Lines; money as text, since a JSON number is read as a double. */
export const encodeJsonLines: Encoder = (columns, rows) =>
  Buffer.from(
    rows
      .map(
        (row) =>
          `${JSON.stringify(Object.fromEntries(columns.map((column) => [column.name, jsonOf(column.of(row))])))}\n`,
      )
      .join(''),
  )

/** Money as DECIMAL(38, 9), counts as INT64, instants as milliseconds in UTC. */
export const encodeParquet: Encoder = (columns, rows) =>
  new Uint8Array(
    parquetWriteBuffer({
      columnData: columns.map((column) => ({ name: column.name, data: rows.map((row) => parquetOf(column.of(row))) })),
      schema: [
        { name: 'root', num_children: columns.length },
        ...columns.map(({ name, type }) => ({ name, ...PARQUET[type] })),
      ],
      createdBy: 'foretoken',
    }),
  )

const OPTIONAL = { repetition_type: 'OPTIONAL' } as const
const PARQUET = {
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8', ...OPTIONAL },
  count: { type: 'INT64', ...OPTIONAL },
  money: {
    type: 'FIXED_LEN_BYTE_ARRAY',
    type_length: 16,
    converted_type: 'DECIMAL',
    scale: 9,
    precision: 38,
    ...OPTIONAL,
  },
  instant: { type: 'INT64', converted_type: 'TIMESTAMP_MILLIS', ...OPTIONAL },
} as const

const parquetOf = (cell: Cell): Cell => (typeof cell === 'number' ? BigInt(cell) : cell)

function textOf(cell: Cell): string {
  if (cell === null) return ''
  if (typeof cell === 'bigint') return formatAmount(cell)
  return cell instanceof Date ? cell.toISOString() : String(cell)
}

const jsonOf = (cell: Cell): string | number | null => (cell === null || typeof cell === 'number' ? cell : textOf(cell))
