import { listAudit } from '@foretoken/db'
import type { DatabaseCommandOptions } from '../options.ts'
import { print, printJson, renderTable, renderTime } from '../output.ts'
import { choice, withDatabase } from '../platform/connect.ts'
import { requireTenant } from '../tenant/lookup.ts'
import { toLine } from './line.ts'

export interface ListOptions extends DatabaseCommandOptions {
  readonly tenant?: string
  readonly rows: number
}

/** `foretoken audit list`. */
export async function list({ tenant, rows: recordsMax, ...options }: ListOptions): Promise<void> {
  await withDatabase(choice(options), async ({ db }) => {
    const tenantId = tenant === undefined ? undefined : (await requireTenant(db, tenant)).id
    const records = await listAudit(db, { tenantId, recordsMax })
    if (options.json) return printJson(records.map(toLine))
    const rows = records.map(({ sequence, at, actorKind, actorId, action, subjectId, before, after }) => {
      return [String(sequence), renderTime(at), `${actorKind} ${actorId}`, action, subjectId, change(before, after)]
    })
    print(renderTable(['ROW', 'WHEN', 'WHO', 'WHAT', 'WHICH', 'FROM → TO'], rows))
  })
}

const TEXT_MAX = 80

function change(before: unknown, after: unknown): string {
  const text = [before, after].map((side) => (side === null ? '-' : JSON.stringify(side))).join(' → ')
  return text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX - 1)}…` : text
}
