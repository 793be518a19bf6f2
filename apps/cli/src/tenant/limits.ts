import { type Account, type Limits, listApiKeys, listLimits, setLimits } from '@foretoken/db'
import { formatAmount } from '@foretoken/metering'
import type { OrNone } from '../billing/arguments.ts'
import { CliError } from '../errors.ts'
import type { DatabaseCommandOptions } from '../options.ts'
import { print, printJson, renderTable } from '../output.ts'
import { choice, withDatabase } from '../platform/connect.ts'
import { requireTenant } from './lookup.ts'

export interface LimitsOptions extends DatabaseCommandOptions {
  readonly key?: string
  readonly requestsPerMinute?: OrNone<number>
  readonly tokensPerMinute?: OrNone<number>
  readonly streams?: OrNone<number>
  readonly dayBudget?: OrNone<bigint>
  readonly monthBudget?: OrNone<bigint>
}

const COLUMNS = [
  'OF',
  'REQUESTS/MIN',
  'TOKENS/MIN',
  'AT ONCE',
  'DAY',
  'THEREOF SPENT',
  'MONTH',
  'THEREOF SPENT',
  'RESERVED',
]

/** `foretoken tenant limits <tenant>`: sets what is given, and shows all there is. */
export async function limits(nameOrId: string, options: LimitsOptions): Promise<void> {
  await withDatabase(choice(options), async ({ db }) => {
    const tenant = await requireTenant(db, nameOrId)
    const keyId = options.key ?? null
    if (keyId !== null && !(await listApiKeys(db, tenant.id)).some(({ id }) => id === keyId)) {
      throw new CliError(`Tenant ${tenant.name} has no key ${keyId}. See: foretoken key list --tenant ${tenant.name}`)
    }
    const changes = changesOf(options)
    if (Object.keys(changes).length > 0) await setLimits(db, { tenantId: tenant.id, keyId }, changes)
    const accounts = await listLimits(db, tenant.id)
    if (options.json) return printJson(accounts.map(inJson))
    if (accounts.length === 0) return print(`Tenant ${tenant.name} has no limits.`)
    print(renderTable(COLUMNS, accounts.map(inColumns)))
  })
}

function changesOf(options: LimitsOptions): Partial<Limits> {
  const { requestsPerMinute, tokensPerMinute, streams, dayBudget, monthBudget } = options
  return {
    ...(requestsPerMinute !== undefined && { requestsPerMinute: limitOf(requestsPerMinute) }),
    ...(tokensPerMinute !== undefined && { tokensPerMinute: limitOf(tokensPerMinute) }),
    ...(streams !== undefined && { streamsMax: limitOf(streams) }),
    ...(dayBudget !== undefined && { dayNanoMax: limitOf(dayBudget) }),
    ...(monthBudget !== undefined && { monthNanoMax: limitOf(monthBudget) }),
  }
}

const limitOf = <Value>(value: OrNone<Value>): Value | null => (value === 'none' ? null : value)

function inColumns(account: Account): string[] {
  const { requestsPerMinute, tokensPerMinute, streamsMax, dayNanoMax, monthNanoMax } = account
  const rates = [requestsPerMinute, tokensPerMinute, streamsMax].map((limit) => String(limit ?? '-'))
  const money = (nano: bigint | null) => (nano === null ? '-' : formatAmount(nano))
  const { daySpentNano, monthSpentNano, reservedNano } = account
  const amounts = [dayNanoMax, daySpentNano, monthNanoMax, monthSpentNano, reservedNano].map(money)
  return [account.keyId ?? 'tenant', ...rates, ...amounts]
}

function inJson(account: Account) {
  const money = (nano: bigint | null) => (nano === null ? null : formatAmount(nano))
  return {
    tenant: account.tenantId,
    key: account.keyId,
    requestsPerMinute: account.requestsPerMinute,
    tokensPerMinute: account.tokensPerMinute,
    streamsMax: account.streamsMax,
    streams: account.streams,
    dayBudget: money(account.dayNanoMax),
    day: account.day,
    daySpent: money(account.daySpentNano),
    monthBudget: money(account.monthNanoMax),
    month: account.month,
    monthSpent: money(account.monthSpentNano),
    reserved: money(account.reservedNano),
  }
}
