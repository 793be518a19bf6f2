import { type AdminRole, createAdminKey, listAdminKeys, revokeAdminKey } from '@foretoken/db'
import { CliError } from '../errors.ts'
import type { DatabaseCommandOptions } from '../options.ts'
import { print, printJson, renderTable, renderTime } from '../output.ts'
import { choice, withDatabase } from '../platform/connect.ts'

export interface CreateOptions extends DatabaseCommandOptions {
  readonly role: AdminRole
  /** In milliseconds; absent: it does not end by itself. */
  readonly expires?: number
}

export async function create(name: string, { role, expires, ...options }: CreateOptions): Promise<void> {
  await withDatabase(choice(options), async ({ db, pepper }) => {
    const { id, secret, expiresAt } = await createAdminKey(db, pepper(), { name, role, lifetimeMs: expires })
    if (options.json) printJson({ id, name, role, expiresAt, adminKey: secret })
    else print(`${secret}\n\nCredential ${id}, ${role}. Keep it now: it can't be shown again.`)
  })
}

export async function list(options: DatabaseCommandOptions): Promise<void> {
  await withDatabase(choice(options), async ({ db }) => {
    const admins = await listAdminKeys(db)
    if (options.json) return printJson(admins)
    const rows = admins.map(({ id, name, role, shown, createdAt, lastUsedAt, expiresAt, revokedAt }) => {
      return [id, name, role, shown, ...[createdAt, lastUsedAt, expiresAt, revokedAt].map(renderTime)]
    })
    print(renderTable(['ID', 'NAME', 'ROLE', 'CREDENTIAL', 'CREATED', 'LAST USED', 'EXPIRES', 'REVOKED'], rows))
  })
}

export async function revoke(id: string, options: DatabaseCommandOptions): Promise<void> {
  await withDatabase(choice(options), async ({ db }) => {
    const outcome = await revokeAdminKey(db, id)
    if (outcome === 'unknown') throw new CliError(`There is no credential ${id} in use. See: foretoken admin list`)
    if (outcome === 'last_owner') {
      throw new CliError(`${id} is the last owner's. Make another first: foretoken admin create NAME --role owner`)
    }
    if (options.json) printJson({ id, revoked: true })
    else print(`Revoked credential ${id}.`)
  })
}
