import { processDetails, targetOf } from '@foretoken/cluster'
import { listProcesses, type Process } from '@foretoken/db'
import type { DatabaseCommandOptions } from '../options.ts'
import { print, printJson, renderTable } from '../output.ts'
import { choice, withDatabase } from '../platform/connect.ts'

/** Prints every process whose lease holds. */
export async function status(options: DatabaseCommandOptions): Promise<void> {
  const processes = await withDatabase(choice(options), ({ db }) => listProcesses(db))
  if (options.json) printJson(processes)
  else print(renderProcesses(processes, Date.now()))
}

export function renderProcesses(processes: readonly Process[], nowMs: number): string {
  if (processes.length === 0) return 'Nothing runs on this database. Start a platform with `foretoken up`.'
  const head = ['PROCESS', 'ROLE', 'STATE', 'UP', 'WHERE', 'DOES']
  return renderTable(
    head,
    processes.map((each) => [
      each.id,
      each.role,
      each.state,
      renderAge(nowMs - each.startedAt.getTime()),
      each.url ?? `${each.host}, process ${each.pid}`,
      renderWork(each),
    ]),
  )
}

function renderWork(process: Process): string {
  const worker = processDetails(process)
  const target = targetOf(process)
  if (!target) return ''
  const named = `${target.name} ${target.fingerprint.slice(0, 8)}`
  if (!worker) return `teaches drafts for ${named}`
  const { device, weights, running, waiting, capacity, adapters, staticDraft } = worker
  const drafts = staticDraft === 'own' ? '' : `, static draft ${staticDraft}`
  const work = `${running} of ${capacity} running, ${waiting} waiting, ${adapters} adapters hot`
  return `${named} (${weights} on ${device}${drafts}): ${work}`
}

/** The largest unit that fits, as a person would say it. */
function renderAge(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000))
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.floor(seconds / 3_600)} h` : `${Math.floor(seconds / 86_400)} d`
}
