import type { Tenant } from '@foretoken/db'
import { CliError } from '../../errors.ts'
import { log, print, printJson } from '../../output.ts'
import { type Connection, choice, withDatabase } from '../../platform/connect.ts'
import { stopRequests } from '../../supervisor/stop-requests.ts'
import { checkRun, describeRun } from '../run.ts'
import { trainView } from '../train/view.ts'
import { answer, type CustomAnswers, type History, historyOf } from './answer.ts'
import type { CustomOptions } from './options.ts'
import { type OrderedRun, orderRun } from './order.ts'
import { trainerRuns } from './target.ts'
import { requireLearner } from './tenant.ts'

/** `foretoken draft custom`: a history becomes traces, as if it had been served, and a run learns from them. */
export async function custom(options: CustomOptions): Promise<void> {
  const history = await historyOf(options.prompts)
  await withDatabase(choice(options), async (connection) => {
    const tenant = await requireLearner(connection.db, options.tenant, Date.now())
    const trains = await trainerRuns(connection)
    if (options.wait && !trains) throw new CliError(`No trainer runs here, so the run would wait for ever. ${START}`)
    const answers = await answerUntilStopped(connection, tenant, history, options)
    if (!options.json) print(describeAnswers(tenant, answers))
    const ordered = await orderRun(connection, tenant, answers, options)
    if (options.json) printJson({ tenant: tenant.id, ...answers, run: ordered.run })
    else print(describeOrder(tenant, ordered, trains))
    checkRun(ordered.run)
  })
}

const START = 'Start one with the platform: foretoken up'

/** The first signal stops it so that it can go on later. */
async function answerUntilStopped(
  connection: Connection,
  tenant: Tenant,
  history: History,
  options: CustomOptions,
): Promise<CustomAnswers> {
  const stop = stopRequests(log)
  const view = trainView(options.json)
  try {
    return await answer(connection, tenant, history, {
      ...options,
      signal: stop.signal,
      onProgress: ({ tokens, answers }) =>
        view.show({ phase: 'answer', done: Math.min(tokens, options.tokens), total: options.tokens, answers }),
    })
  } catch (error) {
    // What broke when the terminal stopped the database too is no failure of its own.
    if (!stop.signal.aborted) throw error
    throw new CliError(`Stopped${view.reached()}. The same command goes on from there.`)
  } finally {
    view.done()
    stop.release()
  }
}

function describeAnswers({ name }: Tenant, { model, answers, tokens, earlier, prompts, tooLong }: CustomAnswers) {
  const before = earlier === 0 ? '' : `, ${earlier} of them before`
  const lines = [`Tenant ${name}: ${model} has answered ${answers} of ${prompts} prompts in ${tokens} tokens${before}.`]
  if (tooLong > 0) lines.push(`${tooLong} prompts leave no room for an answer and were left out.`)
  return lines.join('\n')
}

function describeOrder(tenant: Tenant, { run, complete }: OrderedRun, trains: boolean): string {
  const lines = [describeRun(tenant, run)]
  if (!complete) {
    lines.push(
      `It began before the last answers. Teach from all of them: foretoken draft adapt --tenant ${tenant.name}`,
    )
  }
  if (!trains) lines.push(`No trainer runs here, so the run waits. ${START}`)
  return lines.join('\n')
}
