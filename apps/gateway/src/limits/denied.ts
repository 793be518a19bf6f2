import { roomInUs } from '@foretoken/metering'
import { ApiError } from '@foretoken/protocol'
import type { Admission } from '../store.ts'

/** What a tenant reads whose request was not admitted. */
export function deniedError({ denial, accounts, nowUs, tokens }: Admission): ApiError | null {
  switch (denial) {
    case null:
      return null
    case 'requests': {
      const { limit, retryAfterMs } = longest(
        accounts.map((each) => ({ limit: each.requestsPerMinute, freeUs: each.requestsFreeUs, amount: 1 })),
        nowUs,
      )
      return new ApiError('requests_per_minute', { values: { limit, seconds: seconds(retryAfterMs) }, retryAfterMs })
    }
    case 'tokens': {
      const { limit, retryAfterMs } = longest(
        accounts.map((each) => ({ limit: each.tokensPerMinute, freeUs: each.tokensFreeUs, amount: tokens })),
        nowUs,
      )
      const values = { limit, requested: String(tokens), seconds: seconds(retryAfterMs) }
      return new ApiError('tokens_per_minute', { values, retryAfterMs })
    }
    case 'streams': {
      const full = accounts.find(({ streams, streamsMax }) => streamsMax !== null && streams >= streamsMax)
      return new ApiError('streams_max', { values: { limit: String(full?.streamsMax ?? 0) } })
    }
    case 'budget':
      return new ApiError('insufficient_quota', { values: {} })
  }
}

interface Asked {
  readonly limit: number | null
  readonly freeUs: number
  readonly amount: number
}

/** The bucket that has room last. */
function longest(asked: readonly Asked[], nowUs: number): { limit: string; retryAfterMs: number } {
  let worst = { limit: '', retryAfterMs: 0 }
  for (const { limit, freeUs, amount } of asked) {
    if (limit === null) continue
    const retryAfterMs = Math.ceil(roomInUs(limit, freeUs, nowUs, Math.min(amount, limit)) / 1_000)
    if (retryAfterMs > worst.retryAfterMs || worst.limit === '') worst = { limit: String(limit), retryAfterMs }
  }
  return worst
}

const seconds = (ms: number): string => String(Math.ceil(ms / 10) / 100)
