import { CliError } from '../../errors.ts'
import { log, print, printJson } from '../../output.ts'
import { stopRequests } from '../../supervisor/stop-requests.ts'
import type { TrainOptions } from './options.ts'
import { type TrainedDraftSummary, trainDraft } from './train-draft.ts'
import { trainView } from './view.ts'

/** `foretoken draft train`, from prompts to a draft's folder. The first signal stops it so that it can go on later. */
export async function train(options: TrainOptions): Promise<void> {
  const stop = stopRequests(log)
  const view = trainView(options.json)
  try {
    const summary = await trainDraft(options, { signal: stop.signal, view })
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

function describe({ id, folder, card }: TrainedDraftSummary): string {
  const lines = card.domains.map(({ domain, acceptanceLength, heldOutRequests }) => {
    return `  ${domain}: acceptance length ${acceptanceLength.toFixed(2)} on ${heldOutRequests} held-out requests`
  })
  return [`Trained ${id} to ${folder}.`, ...lines, `Serve with it: foretoken up --draft ${folder}`].join('\n')
}
