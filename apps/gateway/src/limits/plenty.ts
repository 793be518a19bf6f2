import { charge, remaining } from '@foretoken/metering'
import type { Admission } from '../store.ts'
import type { RequestDemand } from './demand.ts'

/** So many more requests of the same size must have had room. */
const REQUESTS = 20
const TRUST_MS = 5_000
const KEYS_MAX = 10_000

/**
 * Keys whose last request left plenty of every limit: the next one will be admitted too, so a worker may begin with it
 * while the database is asked. Only that the answer is told waits for it. One that is denied after all costs the worker
 * a moment, and a key whose limits are nearly reached never gets here.
 */
export class Plenty {
  private readonly untilMs = new Map<string, number>()

  constructor(private readonly now: () => number) {}

  has(keyId: string): boolean {
    return (this.untilMs.get(keyId) ?? 0) > this.now()
  }

  learn(keyId: string, admission: Admission, demand: RequestDemand): void {
    if (this.untilMs.size >= KEYS_MAX) this.untilMs.clear()
    if (leavesPlenty(admission, demand)) this.untilMs.set(keyId, this.now() + TRUST_MS)
    else this.untilMs.delete(keyId)
  }

  forget(keyId: string): void {
    this.untilMs.delete(keyId)
  }
}

function leavesPlenty(admission: Admission, { promptTokens, tokensWanted }: RequestDemand): boolean {
  const { denial, grantedNano, rates, accounts, nowUs } = admission
  const { totalNano } = charge({ promptTokens, cachedTokens: 0, completionTokens: tokensWanted }, rates)
  if (denial !== null || (grantedNano !== null && grantedNano < totalNano)) return false
  return accounts.every((account) => {
    const { requestsPerMinute, requestsFreeUs, tokensPerMinute, tokensFreeUs, streams, streamsMax } = account
    return (
      (requestsPerMinute === null || remaining(requestsPerMinute, requestsFreeUs, nowUs) >= REQUESTS) &&
      (tokensPerMinute === null || remaining(tokensPerMinute, tokensFreeUs, nowUs) >= REQUESTS * promptTokens) &&
      (streamsMax === null || streams + REQUESTS <= streamsMax)
    )
  })
}
