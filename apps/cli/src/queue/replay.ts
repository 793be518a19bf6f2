import { isQueueName, QUEUE_NAMES } from '@foretoken/jobs'
import { CliError } from '../errors.ts'
import type { QueueCommandOptions } from '../options.ts'
import { print, printJson } from '../output.ts'
import { withQueue, withQueueUrl } from './connect.ts'

/** `foretoken queue replay`: those that there are, before it complains of the others. */
export async function replay(
  name: string,
  ids: readonly string[],
  options: QueueCommandOptions & { readonly all: boolean },
): Promise<void> {
  if (!isQueueName(name)) throw new CliError(`There is no queue "${name}". There is: ${QUEUE_NAMES.join(', ')}`)
  if (options.all === ids.length > 0) {
    throw new CliError('Name dead letters by their ids, or all with --all. See: foretoken queue dead')
  }
  await withQueueUrl(options, async (url) => {
    const replayed = await withQueue(url, name, (queue) => queue.replay(options.all ? 'all' : ids))
    const missing = ids.filter((id) => !replayed.includes(id))
    if (options.json) printJson({ queue: name, replayed, missing })
    else
      print(`Queued ${replayed.length === 1 ? 'one dead letter' : `${replayed.length} dead letters`} of ${name} again.`)
    if (missing.length === 0) return
    throw new CliError(`Queue ${name} has no dead letter ${missing.join(', ')}. See: foretoken queue dead`)
  })
}
