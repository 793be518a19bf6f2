import { createHash } from 'node:crypto'
import { dayOf } from '../periods.ts'
import type { ExportFacts, ExportLine } from './line.ts'

/** As `POST /v1/billing/meter_events` takes it. */
export interface MeterEvent {
  readonly event_name: string
  readonly timestamp: number
  /** The same for the same event, so that Stripe drops what is sent again. */
  readonly identifier: string
  readonly payload: Readonly<Record<string, string>>
}

/** What Stripe can't be sent, for a credit note by hand: a correction that takes back more than its day holds. */
export interface Remainder {
  readonly tenantId: string
  readonly model: string
  readonly meter: string
  readonly tokens: number
}

const METERS = ['input_tokens', 'cached_tokens', 'output_tokens'] as const
const IDENTIFIER_MAX = 100

/**
 * Lines as events of Stripe's meters: one for each day, tenant, model and kind of token, `foretoken_output_tokens` and
 * so on, with the model in its payload. Corrections count to the first day of the period, since a closed one is on its
 * invoice already; Stripe takes no negative values, so what they leave below zero remains.
 *
 * @param customers Stripe's customer of a tenant; the tenant's own id where there is none
 */
export function meterEvents(
  lines: readonly ExportLine[],
  { period }: Pick<ExportFacts, 'period'>,
  customers: ReadonlyMap<string, string> = new Map(),
): { readonly events: readonly MeterEvent[]; readonly remainders: readonly Remainder[] } {
  const sums = new Map<string, { line: ExportLine; day: string; meter: (typeof METERS)[number]; tokens: number }>()
  for (const line of lines) {
    const day = line.kind === 'usage' ? dayOf(line.finishedAt) : `${period}-01`
    const counts = {
      input_tokens: line.inputTokens,
      cached_tokens: line.cachedTokens,
      output_tokens: line.outputTokens,
    }
    for (const meter of METERS) {
      const key = [line.tenantId, day, line.model, meter].join('/')
      const sum = sums.get(key) ?? { line, day, meter, tokens: 0 }
      sum.tokens += counts[meter]
      sums.set(key, sum)
    }
  }
  const sorted = [...sums].sort(([one], [other]) => (one < other ? -1 : 1)).filter(([, { tokens }]) => tokens !== 0)
  return {
    events: sorted
      .filter(([, { tokens }]) => tokens > 0)
      .map(([key, { line, day, meter, tokens }]) => ({
        event_name: `foretoken_${meter}`,
        timestamp: Date.parse(day) / 1_000,
        identifier: identifierOf(`foretoken/${period}/${key}`),
        payload: {
          stripe_customer_id: customers.get(line.tenantId) ?? line.tenantId,
          value: String(tokens),
          model: line.model,
        },
      })),
    remainders: sorted
      .filter(([, { tokens }]) => tokens < 0)
      .map(
        ([
          ,
          {
            line: { tenantId, model },
            meter,
            tokens,
          },
        ]) => ({ tenantId, model, meter, tokens }),
      ),
  }
}

function identifierOf(key: string): string {
  return key.length <= IDENTIFIER_MAX ? key : `foretoken/${createHash('sha256').update(key).digest('hex')}`
}
