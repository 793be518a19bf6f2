import { ApiError } from '@foretoken/protocol'
import type { Hold } from '../limits/hold.ts'
import { withinBudget } from '../limits/within-budget.ts'
import type { Services } from '../services.ts'
import { Meter, type Outcome, type RequestFacts } from '../usage/meter.ts'
import { type CallContext, callWorkers } from '../workers/call.ts'
import type { UnroutedCall } from '../workers/route.ts'
import { ahead } from './ahead.ts'
import { type AnswerEvent, answerOf } from './answer.ts'
import { CLIENT_GONE, ClientGone } from './in-flight.ts'
import { Stopwatch } from './stopwatch.ts'

export interface Generation {
  readonly facts: RequestFacts
  readonly calls: readonly UnroutedCall[]
  readonly controller: AbortController
  readonly startedAt: Date
  /** What it is granted of its tenant's limits; null: none bounds it. Rejects where it is not admitted. */
  readonly admission: Promise<Hold | null> | null
  /** Whether a worker may begin while that is decided. Nothing is told before. */
  readonly early: boolean
}

/**
 * Runs an admitted request's calls and yields the answer, as many events at once as came together. However it ends –
 * completely, by an error, by the client's leaving, by a consumer that stops reading – it writes one usage row,
 * observes the metrics and logs one line, once: the `finally` of a generator runs exactly once after it began.
 */
export async function* generate(services: Services, generation: Generation): AsyncGenerator<readonly AnswerEvent[]> {
  const { facts, calls, controller, startedAt } = generation
  const meter = new Meter(facts, startedAt)
  const run = (call: UnroutedCall) => callWorkers(callContext(services, facts), call, controller.signal)
  const answer = answerOf(calls, run, meter)
  const begun = generation.early ? ahead(answer) : answer
  const hold = generation.admission && (await admitted(services, generation, generation.admission, answer))
  services.journal.enter(meter)
  if (hold) hold.used = () => meter.tokens
  const stopwatch = new Stopwatch(services.metrics, facts.model)
  let outcome: Outcome = { status: 'cancelled', errorCode: null }
  try {
    for await (const events of hold?.bounded ? withinBudget(begun, calls, meter, hold) : begun) {
      for (const event of events) {
        meter.observe(event)
        stopwatch.observe(event)
        if (event.type !== 'end') continue
        outcome = { status: 'completed', errorCode: event.cutOff ? 'insufficient_quota' : null }
        services.verdicts.apply(facts.key.tenantId, event.drafts)
      }
      yield events
    }
  } catch (error) {
    outcome = outcomeOf(error)
    throw error
  } finally {
    controller.abort(CLIENT_GONE)
    services.inFlight.leave(controller)
    services.journal.leave(meter)
    hold?.end()
    finish(services, meter, stopwatch, outcome)
  }
}

/** Of a request that is not admitted nothing is left: no usage, and no worker that goes on with it. */
async function admitted(
  { inFlight }: Services,
  { controller }: Generation,
  admission: Promise<Hold | null>,
  answer: AsyncGenerator<unknown>,
): Promise<Hold | null> {
  try {
    return await admission
  } catch (error) {
    controller.abort(CLIENT_GONE)
    inFlight.leave(controller)
    void answer.return(undefined).catch(() => undefined)
    throw error
  }
}

function callContext(
  { workers, logger, metrics, config }: Services,
  { model, requestId, key }: RequestFacts,
): CallContext {
  return {
    pool: workers,
    drafts: key,
    logger,
    resumeMsMax: config.limits.resumeMsMax,
    onResumed: (ms) => {
      metrics.resumeSeconds.observe({ model_name: model }, ms / 1_000)
      logger.warn({ requestId, ms: Math.round(ms) }, 'answer resumed on another worker')
    },
  }
}

function outcomeOf(error: unknown): Outcome {
  if (error instanceof ClientGone) return { status: 'cancelled', errorCode: null }
  return { status: 'failed', errorCode: error instanceof ApiError ? error.code : 'internal_error' }
}

function finish(services: Services, meter: Meter, stopwatch: Stopwatch, outcome: Outcome): void {
  const usage = meter.settle(outcome, new Date(services.clock()))
  services.usage.write(usage)
  stopwatch.finish(usage)
  services.logger.info(
    {
      requestId: usage.requestId,
      tenantId: usage.tenantId,
      model: usage.model,
      endpoint: usage.endpoint,
      status: usage.status,
      errorCode: usage.errorCode,
      promptTokens: usage.promptTokens,
      cachedTokens: usage.cachedTokens,
      completionTokens: usage.completionTokens,
      ms: usage.finishedAt.getTime() - usage.startedAt.getTime(),
      firstTextMs: stopwatch.firstTextMs,
    },
    'generated',
  )
}
