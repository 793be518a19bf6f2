import { ADMIN_ROLES, type AdminRole } from '@foretoken/db/admin-roles'
import { type Command, Option } from 'commander'
import { type DatabaseCommandOptions, duration, withDatabaseOptions } from '../options.ts'
import type { CreateOptions } from './admins.ts'

const LIFETIME_DAYS_MAX = 3_650
const DEFAULT_ROLE: AdminRole = 'viewer'

/** `foretoken admin create | list | revoke`. */
export function addAdminCommand(program: Command): void {
  const admin = program.command('admin').description("operators' credentials for the admin API, /admin/v1")
  withDatabaseOptions(admin.command('create <name>').description('make a credential and show it, once'))
    .addOption(
      new Option('--role <role>', 'owner: everything; admin: all but ending tenants and making credentials')
        .choices(ADMIN_ROLES)
        .default(DEFAULT_ROLE),
    )
    .option('--expires <time>', 'ends by itself after a time such as 90d', duration(LIFETIME_DAYS_MAX))
    .action(async (name: string, options: CreateOptions) => (await admins()).create(name, options))
  withDatabaseOptions(admin.command('list').description('all credentials, those that ended too')).action(
    async (options: DatabaseCommandOptions) => (await admins()).list(options),
  )
  withDatabaseOptions(
    admin.command('revoke <id>').description("end a credential for good, but not the last owner's"),
  ).action(async (id: string, options: DatabaseCommandOptions) => (await admins()).revoke(id, options))
}

const admins = () => import('./admins.ts')
