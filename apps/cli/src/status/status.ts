import { processDetails } from '@foretoken/cluster'
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
  if (!worker) return ''
  const { model, device, weights, running, waiting, capacity, adapters } = worker
  return `${model} (${weights} on ${device}): ${running} of ${capacity} running, ${waiting} waiting, ${adapters} adapters hot`
}

/** The largest unit that fits, as a person would say it. */
function renderAge(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000))
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.floor(seconds / 3_600)} h` : `${Math.floor(seconds / 86_400)} d`
}
