import {
  createTenant,
  type Database,
  findTenant,
  findTenantByName,
  listTenants,
  revokeTenant,
  type Tenant,
  usageTotals,
} from '@foretoken/db'
import type { Command } from 'commander'
import { CliError } from '../errors.ts'
import { type DatabaseCommandOptions, withDatabaseOptions } from '../options.ts'
import { print, printJson, renderTable, renderTime } from '../output.ts'
import { withDatabase } from '../platform/connect.ts'

/** `foretoken tenant create | list | revoke`. */
export function addTenantCommand(program: Command): void {
  const tenant = program.command('tenant').description('tenants: who may use the platform')
  withDatabaseOptions(tenant.command('create <name>').description('add a tenant')).action(create)
  withDatabaseOptions(tenant.command('list').description('all tenants, with their usage of the last 30 days')).action(
    list,
  )
  withDatabaseOptions(
    tenant.command('revoke <tenant>').description('end all access of a tenant, given by name or id'),
  ).action(revoke)
}

const USAGE_PERIOD_MS = 30 * 24 * 3_600_000

async function create(name: string, options: DatabaseCommandOptions): Promise<void> {
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

async function list(options: DatabaseCommandOptions): Promise<void> {
  await withDatabase(choice(options), async ({ db }) => {
    const to = new Date()
    const period = { from: new Date(to.getTime() - USAGE_PERIOD_MS), to }
    const tenants = await Promise.all(
      (await listTenants(db)).map(async (tenant) => ({ ...tenant, usage: await usageTotals(db, tenant.id, period) })),
    )
    if (options.json) return printJson(tenants)
    const rows = tenants.map(({ id, name, status, createdAt, usage }) => {
      const counts = [usage.requests, usage.promptTokens, usage.completionTokens].map(String)
      return [id, name, status, renderTime(createdAt), ...counts]
    })
    print(renderTable(['ID', 'NAME', 'STATUS', 'CREATED', 'REQUESTS', 'PROMPT TOKENS', 'COMPLETION TOKENS'], rows))
  })
}

async function revoke(nameOrId: string, options: DatabaseCommandOptions): Promise<void> {
  await withDatabase(choice(options), async ({ db }) => {
    const tenant = await requireTenant(db, nameOrId)
    if (!(await revokeTenant(db, tenant.id))) throw new CliError(`Tenant ${tenant.name} is revoked already.`)
    if (options.json) printJson({ id: tenant.id, status: 'revoked' })
    else print(`Revoked tenant ${tenant.name} (${tenant.id}): its keys no longer work.`)
  })
}

/** @throws CliError when there is none. */
export async function requireTenant(db: Database, nameOrId: string): Promise<Tenant> {
  const tenant = nameOrId.startsWith('ten_') ? await findTenant(db, nameOrId) : await findTenantByName(db, nameOrId)
  if (tenant === null) throw new CliError(`There is no tenant "${nameOrId}". See: foretoken tenant list`)
  return tenant
}

export const choice = ({ dataDir, databaseUrl }: DatabaseCommandOptions) => ({ dataFolder: dataDir, databaseUrl })
