import { fullInUs, remaining } from '@foretoken/metering'
import type { Admission } from '../store.ts'

/** OpenAI's headers about what is left of a minute: of the tenant or the key, whichever has less. */
export function rateLimitHeaders({ accounts, nowUs }: Pick<Admission, 'accounts' | 'nowUs'>): Record<string, string> {
  const requests = accounts.map(({ requestsPerMinute: limit, requestsFreeUs: freeUs }) => ({ limit, freeUs }))
  const tokens = accounts.map(({ tokensPerMinute: limit, tokensFreeUs: freeUs }) => ({ limit, freeUs }))
  return { ...headersOf('requests', requests, nowUs), ...headersOf('tokens', tokens, nowUs) }
}

interface Bucket {
  readonly limit: number | null
  readonly freeUs: number
}

function headersOf(name: string, buckets: readonly Bucket[], nowUs: number): Record<string, string> {
  const [tightest] = buckets
    .flatMap(({ limit, freeUs }) => (limit === null ? [] : [{ limit, freeUs, left: remaining(limit, freeUs, nowUs) }]))
    .sort((a, b) => a.left - b.left)
  if (!tightest) return {}
  return {
    [`x-ratelimit-limit-${name}`]: String(tightest.limit),
    [`x-ratelimit-remaining-${name}`]: String(tightest.left),
    [`x-ratelimit-reset-${name}`]: duration(fullInUs(tightest.freeUs, nowUs)),
  }
}

/** As OpenAI writes them: `1s`, `6m0s`, `12ms`. */
export function duration(us: number): string {
  const ms = Math.ceil(us / 1_000)
  if (ms < 1_000) return `${ms}ms`
  const minutes = Math.floor(ms / 60_000)
  const seconds = Math.round((ms - minutes * 60_000) / 10) / 100
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`
}
