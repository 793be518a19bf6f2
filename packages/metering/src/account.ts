import { hasRoom, take } from './gcra.ts'
import type { Nano } from './money.ts'
import { dayOf, periodOf } from './periods.ts'

/** Null: no limit. */
export interface Limits {
  readonly requestsPerMinute: number | null
  readonly tokensPerMinute: number | null
  /** Requests that run at once. */
  readonly streamsMax: number | null
  readonly dayNanoMax: Nano | null
  readonly monthNanoMax: Nano | null
}

/** Limits of a tenant or a key, and the state that they are checked against. */
export interface Account extends Limits {
  readonly id: string
  readonly requestsFreeUs: number
  readonly tokensFreeUs: number
  readonly streams: number
  /** What running requests may still cost, whenever they began. */
  readonly reservedNano: Nano
  /** What was billed to requests that finished in the day, and in the month, in UTC. */
  readonly day: string
  readonly daySpentNano: Nano
  readonly month: string
  readonly monthSpentNano: Nano
}

export type Denial = 'requests' | 'tokens' | 'streams' | 'budget'

export interface Demand {
  /** As far as it can be told before a worker has read the prompt. */
  readonly promptTokens: number
  /** What it is to be granted of the budget, and what it can't begin without. */
  readonly wantedNano: Nano
  readonly neededNano: Nano
}

export type Verdict =
  | { readonly denial: Denial }
  /** `grantedNano` is null where no budget bounds it. */
  | { readonly denial: null; readonly grantedNano: Nano | null }

/** Whether a request may begin under all of its accounts: the tenant's, and the key's. */
export function decideAdmission(accounts: readonly Account[], demand: Demand, now: Date): Verdict {
  const nowUs = now.getTime() * 1_000
  const { promptTokens, neededNano, wantedNano } = demand
  const left = leftNano(accounts, now)
  const full = accounts.some(
    ({ requestsPerMinute: limit, requestsFreeUs }) => limit !== null && !hasRoom(limit, requestsFreeUs, nowUs, 1),
  )
  if (full) return { denial: 'requests' }
  // A prompt that no minute has room for begins when the bucket is full.
  const spent = accounts.some(
    ({ tokensPerMinute: limit, tokensFreeUs }) =>
      limit !== null && !hasRoom(limit, tokensFreeUs, nowUs, Math.min(promptTokens, limit)),
  )
  if (spent) return { denial: 'tokens' }
  if (accounts.some(({ streams, streamsMax }) => streamsMax !== null && streams >= streamsMax)) {
    return { denial: 'streams' }
  }
  if (left !== null && left < neededNano) return { denial: 'budget' }
  return { denial: null, grantedNano: left === null ? null : min(left, wantedNano) }
}

/** An account that admitted a request. */
export function admitted(account: Account, demand: Demand, grantedNano: Nano | null, now: Date): Account {
  const nowUs = now.getTime() * 1_000
  const { requestsPerMinute, tokensPerMinute } = account
  const rolled = roll(account, now)
  return {
    ...rolled,
    requestsFreeUs: requestsPerMinute
      ? take(requestsPerMinute, account.requestsFreeUs, nowUs, 1)
      : account.requestsFreeUs,
    tokensFreeUs: tokensPerMinute
      ? take(tokensPerMinute, account.tokensFreeUs, nowUs, demand.promptTokens)
      : account.tokensFreeUs,
    streams: account.streams + 1,
    reservedNano: account.reservedNano + (grantedNano ?? 0n),
  }
}

/** How much more a running request gets: what it wants, or what is left where that is what it needs at least. */
export function grantMore(
  accounts: readonly Account[],
  { wantedNano, neededNano }: Pick<Demand, 'wantedNano' | 'neededNano'>,
  now: Date,
): Nano {
  const left = leftNano(accounts, now)
  if (left === null || left >= wantedNano) return wantedNano
  return left >= neededNano ? left : 0n
}

/** What the tightest budget leaves; null where there is none. */
export function leftNano(accounts: readonly Account[], now: Date): Nano | null {
  const lefts = accounts.flatMap((account) => {
    const { dayNanoMax, monthNanoMax, reservedNano, daySpentNano, monthSpentNano } = roll(account, now)
    return [
      ...(dayNanoMax === null ? [] : [dayNanoMax - reservedNano - daySpentNano]),
      ...(monthNanoMax === null ? [] : [monthNanoMax - reservedNano - monthSpentNano]),
    ]
  })
  return lefts.reduce<Nano | null>((least, each) => (least === null ? each : min(least, each)), null)
}

/** What was spent on another day is not spent today; what runs still runs. */
export function roll(account: Account, now: Date): Account {
  const day = dayOf(now)
  const month = `${periodOf(now)}-01`
  return {
    ...account,
    ...(day > account.day && { day, daySpentNano: 0n }),
    ...(month > account.month && { month, monthSpentNano: 0n }),
  }
}

const min = (one: Nano, other: Nano): Nano => (one < other ? one : other)
