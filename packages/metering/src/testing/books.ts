import {
  type Account,
  admitted,
  type Demand,
  decideAdmission,
  grantMore,
  type Limits,
  roll,
  type Verdict,
} from '../account.ts'
import { take } from '../gcra.ts'
import type { Nano } from '../money.ts'
import { dayOf, periodOf } from '../periods.ts'
import { billedTokens, charge, type Rates, type UsedTokens } from '../rates.ts'

export interface Reservation {
  readonly requestId: string
  readonly attempt: number
  readonly gatewayId: string
  readonly owners: readonly string[]
  readonly grantedNano: Nano
  readonly tokens: number
  readonly leaseMs: number
}

export interface BooksUsage extends UsedTokens {
  readonly requestId: string
  readonly attempt: number
  readonly owners: readonly string[]
  readonly status: string
  /** Others say it, of a gateway that was lost. */
  readonly lost: boolean
  readonly finishedAt: Date
}

export interface Bill extends BooksUsage {
  readonly totalNano: Nano
}

const NO_LIMITS: Limits = {
  requestsPerMinute: null,
  tokensPerMinute: null,
  streamsMax: null,
  dayNanoMax: null,
  monthNanoMax: null,
}

/**
 * Ledger, reservations and accounts in memory, one operation after the other: what the statements of `@foretoken/db` do
 * for many processes at once, in the words of the pure functions. Tests compare the two, and gateways' tests run on it.
 */
export class Books {
  readonly accounts = new Map<string, Account>()
  readonly reservations = new Map<string, Reservation>()
  /** The bill of each request that stands. */
  readonly bills = new Map<string, Bill>()

  constructor(readonly rates: Pick<Rates, 'input' | 'cachedInput' | 'output'> | null = null) {}

  setLimits(id: string, limits: Partial<Limits>, now: Date): void {
    this.accounts.set(id, { ...(this.accounts.get(id) ?? this.open(id, now)), ...limits })
  }

  accountsOf(owners: readonly string[]): Account[] {
    return owners.flatMap((id) => this.accounts.get(id) ?? [])
  }

  admit(reservation: Omit<Reservation, 'grantedNano' | 'tokens'>, demand: Demand, now: Date): Verdict {
    const accounts = this.accountsOf(reservation.owners)
    const verdict = decideAdmission(accounts, demand, now)
    if (verdict.denial !== null || accounts.length === 0) return verdict
    for (const account of accounts) this.accounts.set(account.id, admitted(account, demand, verdict.grantedNano, now))
    const { promptTokens: tokens } = demand
    this.reservations.set(idOf(reservation), { ...reservation, grantedNano: verdict.grantedNano ?? 0n, tokens })
    return verdict
  }

  extend(
    request: Pick<Reservation, 'requestId' | 'attempt' | 'gatewayId'>,
    ask: Pick<Demand, 'wantedNano' | 'neededNano'>,
    untilMs: number,
    now: Date,
  ): Nano | null {
    const held = this.reservations.get(idOf(request))
    if (!held || held.gatewayId !== request.gatewayId) return null
    const accounts = this.accountsOf(held.owners)
    const more = grantMore(accounts, ask, now)
    for (const account of accounts) {
      this.accounts.set(account.id, { ...roll(account, now), reservedNano: account.reservedNano + more })
    }
    const grantedNano = held.grantedNano + more
    this.reservations.set(idOf(request), { ...held, grantedNano, leaseMs: untilMs })
    return grantedNano
  }

  /** False where it is gone. */
  renew(
    request: Pick<Reservation, 'requestId' | 'attempt' | 'gatewayId' | 'tokens'>,
    untilMs: number,
    now: Date,
  ): boolean {
    const held = this.reservations.get(idOf(request))
    if (!held || held.gatewayId !== request.gatewayId) return false
    const tokens = Math.max(held.tokens, request.tokens)
    this.count(held.owners, tokens - held.tokens, now)
    this.reservations.set(idOf(request), { ...held, tokens, leaseMs: untilMs })
    return true
  }

  release(now: Date): number {
    const lapsed = [...this.reservations.values()].filter(({ leaseMs }) => leaseMs < now.getTime())
    for (const each of lapsed) this.free(each)
    return lapsed.length
  }

  /** Posts a bill, unless one that stands above it is there. */
  bill(usage: BooksUsage, now: Date): void {
    const before = this.bills.get(usage.requestId)
    if (before && !(usage.attempt > before.attempt || (usage.attempt === before.attempt && before.lost && !usage.lost)))
      return
    const bill = { ...usage, ...charge(billedTokens(usage), this.rates), ...tokensOf(usage) }
    this.bills.set(usage.requestId, bill)
    // A gateway that only seems lost still delivers what it was granted: that is free when its lease runs out.
    const mine = [...this.reservations.values()].filter(
      ({ requestId, attempt }) => !usage.lost && requestId === usage.requestId && attempt <= usage.attempt,
    )
    for (const each of mine) this.free(each)
    const counted = mine.reduce((sum, { tokens }) => sum + tokens, 0)
    if (!usage.lost && (mine.length > 0 || !before)) {
      this.count(usage.owners, bill.inputTokens + bill.cachedTokens + bill.outputTokens - counted, now)
    }
    for (const account of this.accountsOf(usage.owners)) this.spend(account, bill, before)
  }

  private spend(account: Account, bill: Bill, before: Bill | undefined): void {
    const rolled = roll(account, bill.finishedAt)
    const spent = (stands: string, windowOf: (at: Date) => string) => {
      const after = windowOf(bill.finishedAt) === stands ? bill.totalNano : 0n
      return before && windowOf(before.finishedAt) === stands ? after - before.totalNano : after
    }
    this.accounts.set(account.id, {
      ...rolled,
      daySpentNano: rolled.daySpentNano + spent(rolled.day, dayOf),
      monthSpentNano: rolled.monthSpentNano + spent(rolled.month, (at) => `${periodOf(at)}-01`),
    })
  }

  private free(reservation: Reservation): void {
    this.reservations.delete(idOf(reservation))
    for (const account of this.accountsOf(reservation.owners)) {
      const { streams, reservedNano } = account
      this.accounts.set(account.id, {
        ...account,
        streams: streams - 1,
        reservedNano: reservedNano - reservation.grantedNano,
      })
    }
  }

  private count(owners: readonly string[], tokens: number, now: Date): void {
    if (tokens === 0) return
    for (const account of this.accountsOf(owners)) {
      if (account.tokensPerMinute === null) continue
      const tokensFreeUs = take(account.tokensPerMinute, account.tokensFreeUs, now.getTime() * 1_000, tokens)
      this.accounts.set(account.id, { ...account, tokensFreeUs })
    }
  }

  /** With what was spent and what runs already: until now nobody kept account of it. */
  private open(id: string, now: Date): Account {
    const [day, month] = [dayOf(now), `${periodOf(now)}-01`]
    const running = [...this.reservations.values()].filter(({ owners }) => owners.includes(id))
    const spent = [...this.bills.values()].filter(({ owners }) => owners.includes(id))
    const sum = (amounts: readonly Nano[]) => amounts.reduce((total, each) => total + each, 0n)
    const inMonth = spent.filter(({ finishedAt }) => `${periodOf(finishedAt)}-01` === month)
    const inDay = spent.filter(({ finishedAt }) => dayOf(finishedAt) === day)
    return {
      ...NO_LIMITS,
      ...{ id, requestsFreeUs: 0, tokensFreeUs: 0, day, month },
      streams: running.length,
      reservedNano: sum(running.map(({ grantedNano }) => grantedNano)),
      daySpentNano: sum(inDay.map(({ totalNano }) => totalNano)),
      monthSpentNano: sum(inMonth.map(({ totalNano }) => totalNano)),
    }
  }
}

const idOf = ({ requestId, attempt }: Pick<Reservation, 'requestId' | 'attempt'>) => `${requestId}.${attempt}`

const tokensOf = ({ promptTokens, cachedTokens, completionTokens }: UsedTokens): UsedTokens => ({
  promptTokens,
  cachedTokens,
  completionTokens,
})
