import { ApiError, addSummaries } from '@foretoken/protocol'
import type { AnswerEvent } from '../generation/answer.ts'
import type { Meter } from '../usage/meter.ts'
import type { UnroutedCall } from '../workers/route.ts'
import type { Hold } from './hold.ts'

/**
 * An answer as far as its budget goes. Each text is delivered only when what the request then costs was granted, so all
 * that run at once never cost more than the budget holds. Where it ends, the answer ends as one that reached its
 * maximum of tokens: what the tenant has is whole, and paid for. One that could not even begin fails instead.
 */
export async function* withinBudget(
  batches: AsyncIterable<readonly AnswerEvent[]>,
  calls: readonly UnroutedCall[],
  meter: Meter,
  hold: Hold,
): AsyncGenerator<readonly AnswerEvent[]> {
  const open = new Set(Array.from({ length: calls.length * (calls[0]?.choices ?? 1) }, (_, choice) => choice))
  for await (const events of batches) {
    const covered: AnswerEvent[] = []
    for (const event of events) {
      if (event.type === 'start' || event.type === 'text') {
        const grant = hold.covers(meter.soFarWith([...covered, event]))
        if (!(typeof grant === 'boolean' ? grant : await grant)) {
          if (covered.length > 0) yield covered
          yield cutOff(meter, open)
          return
        }
      }
      if (event.type === 'finish') open.delete(event.choice)
      covered.push(event)
    }
    yield covered
  }
}

function cutOff(meter: Meter, open: ReadonlySet<number>): AnswerEvent[] {
  const { promptTokens, cachedTokens, completionTokens } = meter.soFar()
  if (completionTokens === 0) throw new ApiError('insufficient_quota', { values: {} })
  return [
    ...[...open].map((choice) => ({ type: 'finish', choice, reason: 'length' }) as const),
    {
      type: 'end',
      usage: { promptTokens, cachedTokens, completionTokens },
      speculation: addSummaries([]),
      drafts: [],
      cutOff: true,
    },
  ]
}
