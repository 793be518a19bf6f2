import { type DeadLetter, QUEUE_NAMES } from '@foretoken/jobs'
import type { QueueCommandOptions } from '../options.ts'
import { print, printJson, renderTable, renderTime } from '../output.ts'
import { withQueue, withQueueUrl } from './connect.ts'

const COLUMNS = ['QUEUE', 'ID', 'ATTEMPTS', 'FAILED', 'PAYLOAD', 'REASON']

/** `foretoken queue dead`. */
export async function dead(options: QueueCommandOptions): Promise<void> {
  await withQueueUrl(options, async (url) => {
    const letters: DeadLetter[] = []
    for (const name of QUEUE_NAMES) letters.push(...(await withQueue(url, name, (queue) => queue.deadLetters())))
    if (options.json) return printJson(letters)
    if (letters.length === 0) return print('There are no dead letters.')
    const rows = letters.map(({ queue, id, attempts, failedAt, payload, reason }) => {
      return [queue, id, String(attempts), renderTime(failedAt), JSON.stringify(payload), reason]
    })
    print(`${renderTable(COLUMNS, rows)}\nQueue them again: foretoken queue replay QUEUE ID…`)
  })
}
