import { changeTenant, createTenant, listTenants, setRollouts, setWeight, usageTotals } from '@foretoken/db'
import { CliError } from '../errors.ts'
import type { DatabaseCommandOptions } from '../options.ts'
import { print, printJson, renderTable, renderTime } from '../output.ts'
import { choice, withDatabase } from '../platform/connect.ts'
import { requireTenant } from './lookup.ts'

const LIST_COLUMNS = [
  ...['ID', 'NAME', 'STATUS', 'WEIGHT', 'CREATED', 'REQUESTS'],
  ...['PROMPT TOKENS', 'THEREOF CACHED', 'COMPLETION TOKENS'],
]
const USAGE_PERIOD_MS = 30 * 24 * 3_600_000

export async function create(name: string, options: DatabaseCommandOptions): Promise<void> {
  if (!/^[a-z0-9][a-z0-9._-]{0,62}$/i.test(name) || name.startsWith('ten_')) {
    throw new CliError(
      `"${name}" can't be a tenant's name: up to 63 letters, digits, dots, dashes and underscores, not starting with "ten_".`,
    )
  }
  await withDatabase(choice(options), async ({ db }) => {
    const created = await createTenant(db, name)
    if (!created.ok) throw new CliError(`There is a tenant "${name}" already.`)
    const { id } = created.tenant
    if (options.json) printJson({ id, name })
    else print(`Created tenant ${name} (${id}). Give it a key: foretoken key create --tenant ${name}`)
  })
}

export async function list(options: DatabaseCommandOptions): Promise<void> {
  await withDatabase(choice(options), async ({ db }) => {
    const to = new Date()
    const period = { from: new Date(to.getTime() - USAGE_PERIOD_MS), to }
    const tenants = await Promise.all(
      (await listTenants(db)).map(async (tenant) => ({ ...tenant, usage: await usageTotals(db, tenant.id, period) })),
    )
    if (options.json) return printJson(tenants)
    const rows = tenants.map(({ id, name, status, weight, createdAt, usage }) => {
      const { requests, promptTokens, cachedTokens, completionTokens } = usage
      const counts = [requests, promptTokens, cachedTokens, completionTokens].map(String)
      return [id, name, status, String(weight), renderTime(createdAt), ...counts]
    })
    print(renderTable(LIST_COLUMNS, rows))
  })
}

export async function setStatus(
  nameOrId: string,
  status: 'active' | 'disabled',
  options: DatabaseCommandOptions,
): Promise<void> {
  await withDatabase(choice(options), async ({ db }) => {
    const tenant = await requireTenant(db, nameOrId)
    if (!(await changeTenant(db, tenant.id, { status }))) throw new CliError(`Tenant ${tenant.name} was deleted.`)
    if (options.json) return printJson({ id: tenant.id, status })
    const said = status === 'active' ? 'its keys work again' : 'its keys open nothing until it is enabled again'
    print(`Tenant ${tenant.name} (${tenant.id}) is ${status}: ${said}.`)
  })
}

export async function weigh(nameOrId: string, weight: number, options: DatabaseCommandOptions): Promise<void> {
  await withDatabase(choice(options), async ({ db }) => {
    const tenant = await requireTenant(db, nameOrId)
    await setWeight(db, tenant.id, weight)
    if (options.json) printJson({ id: tenant.id, weight })
    else print(`Tenant ${tenant.name} (${tenant.id}) now has weight ${weight}.`)
  })
}

export async function rollOut(nameOrId: string, state: 'on' | 'off', options: DatabaseCommandOptions): Promise<void> {
  await withDatabase(choice(options), async ({ db }) => {
    const tenant = await requireTenant(db, nameOrId)
    await setRollouts(db, tenant.id, state === 'on')
    if (options.json) return printJson({ id: tenant.id, rollouts: state === 'on' })
    print(
      state === 'on'
        ? `When a target of tenant ${tenant.name} gets new weights, the draft that it has is judged on them, and used or ` +
            'trained further.'
        : `Tenant ${tenant.name} begins with the static draft when a target gets new weights.`,
    )
  })
}
