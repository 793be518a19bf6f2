import { trainView } from '../../draft/train/view.ts'
import { CliError } from '../../errors.ts'
import { log, print, printJson } from '../../output.ts'
import { stopRequests } from '../../supervisor/stop-requests.ts'
import { renderModel } from '../inspect.ts'
import type { BringUpCommandOptions } from './options.ts'
import { type BringUpSummary, bringUpTarget } from './run.ts'

/** `foretoken target bring-up`. The first signal stops it so that it can go on later. */
export async function bringUp(path: string, options: BringUpCommandOptions): Promise<void> {
  const stop = stopRequests(log)
  const view = trainView(options.json)
  try {
    const summary = await bringUpTarget(path, options, {
      signal: stop.signal,
      view,
      onModel: (model) => log(`${renderModel(model)}\n`),
      clock: () => performance.now(),
    })
    view.done()
    if (options.json) printJson(summary)
    else print(describe(summary))
  } catch (error) {
    view.done()
    if (error !== stop.signal.reason) throw error
    throw new CliError(`Stopped${view.reached()}. The same command goes on from there.`)
  } finally {
    stop.release()
  }
}

function describe({ name, verdict, draft, card, kept, again }: BringUpSummary): string {
  return [
    again ? `${name} was brought up already; --restart does it again.` : `Brought up ${name}.`,
    verdict,
    kept
      ? `The draft that was found is in ${draft.folder}, for comparison.`
      : `Its draft, ${draft.id}, is in ${draft.folder}.`,
    `What was tried, and what the target takes: ${card}`,
    `Serve it: foretoken up --model ${name}`,
  ].join('\n')
}
