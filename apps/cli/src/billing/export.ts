import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { exportPeriod, type PeriodExport, storeExport } from '@foretoken/billing'
import { isPeriod } from '@foretoken/metering'
import type { ExportFormat } from '@foretoken/metering/export'
import { z } from 'zod'
import { CliError } from '../errors.ts'
import type { LearningCommandOptions } from '../options.ts'
import { print, printJson, renderTable } from '../output.ts'
import { choice, withDatabase } from '../platform/connect.ts'
import { EXPORT_FORMATS } from './formats.ts'

export interface ExportOptions extends LearningCommandOptions {
  readonly period: string
  readonly format?: readonly string[]
  readonly output?: string
  readonly customers?: string
}

/** `foretoken billing export`. */
export async function exportBills(options: ExportOptions): Promise<void> {
  const { period, output } = options
  if (!isPeriod(period)) throw new CliError(`"${period}" is no billing period: a month, as 2026-11.`)
  const formats = formatsOf(options.format)
  const customers = await readCustomers(options.customers)
  await withDatabase(choice(options), async ({ db, store }) => {
    const made = await exportPeriod(db, period, formats, customers)
    const { manifest } = made
    if (output === undefined && !manifest.closed) {
      throw new CliError(
        `Period ${period} is open, so what it holds may change. Close it (foretoken billing close ${period}), or take ` +
          'what there is by now to a folder: --output FOLDER',
      )
    }
    const where = output === undefined ? await storeExport(await store(), made) : await writeFolder(output, made)
    if (options.json) return printJson({ ...manifest, where })
    print(renderTable(['FILE', 'ROWS', 'BYTES', 'SHA-256'], manifest.files.map(inColumns)))
    print(`${manifest.lines} bills of ${period}, ${manifest.total} ${manifest.currency}; in ${where.at(-1)}`)
  })
}

function formatsOf(given: readonly string[] | undefined): readonly ExportFormat[] {
  const names = (given ?? EXPORT_FORMATS).flatMap((text) => text.split(','))
  return names.map((name) => {
    const format = EXPORT_FORMATS.find((each) => each === name)
    if (!format) throw new CliError(`"${name}" is no format. There are ${EXPORT_FORMATS.join(', ')}.`)
    return format
  })
}

async function readCustomers(file: string | undefined): Promise<ReadonlyMap<string, string>> {
  if (file === undefined) return new Map()
  try {
    const parsed = z.record(z.string(), z.string()).parse(JSON.parse(await readFile(file, 'utf8')))
    return new Map(Object.entries(parsed))
  } catch {
    throw new CliError(`${file} is no JSON object of Stripe's customers by tenant id: {"ten_…": "cus_…"}.`)
  }
}

/** The manifest last, as in the object store. */
async function writeFolder(folder: string, { files, manifest }: PeriodExport): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true })
  const all = [...files, { name: 'manifest.json', bytes: Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`) }]
  const paths: string[] = []
  for (const { name, bytes } of all) {
    const path = resolve(join(folder, name))
    await writeFile(path, bytes)
    paths.push(path)
  }
  return paths
}

function inColumns({ name, rows, bytes, sha256 }: PeriodExport['manifest']['files'][number]): string[] {
  return [name, String(rows), String(bytes), sha256]
}
