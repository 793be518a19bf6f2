import { createApiKey, listApiKeys, revokeApiKey } from '@foretoken/db'
import { CliError } from '../errors.ts'
import type { DatabaseCommandOptions } from '../options.ts'
import { print, printJson, renderTable, renderTime } from '../output.ts'
import { choice, withDatabase } from '../platform/connect.ts'
import { requireTenant } from '../tenant/lookup.ts'

export interface KeyOptions extends DatabaseCommandOptions {
  readonly tenant: string
}

export async function create({ tenant, name, ...options }: KeyOptions & { name: string }): Promise<void> {
  await withDatabase(choice(options), async ({ db, pepper }) => {
    const owner = await requireTenant(db, tenant)
    if (owner.status !== 'active') throw new CliError(`Tenant ${owner.name} is revoked: a key of it would never work.`)
    const { id, secret } = await createApiKey(db, pepper(), { tenantId: owner.id, name })
    if (options.json) printJson({ id, tenant: owner.id, name, apiKey: secret })
    else print(`${secret}\n\nKey ${id} of tenant ${owner.name}. Keep it now: it can't be shown again.`)
  })
}

export async function list({ tenant, ...options }: KeyOptions): Promise<void> {
  await withDatabase(choice(options), async ({ db }) => {
    const keys = await listApiKeys(db, (await requireTenant(db, tenant)).id)
    if (options.json) return printJson(keys)
    const rows = keys.map(({ id, name, shown, createdAt, lastUsedAt, revokedAt }) => {
      return [id, name, shown, renderTime(createdAt), renderTime(lastUsedAt), renderTime(revokedAt)]
    })
    print(renderTable(['ID', 'NAME', 'KEY', 'CREATED', 'LAST USED', 'REVOKED'], rows))
  })
}

export async function revoke(keyId: string, { tenant, ...options }: KeyOptions): Promise<void> {
  await withDatabase(choice(options), async ({ db }) => {
    const owner = await requireTenant(db, tenant)
    const revoked = await revokeApiKey(db, { tenantId: owner.id, keyId })
    if (!revoked) throw new CliError(`Tenant ${owner.name} has no key ${keyId} in use.`)
    if (options.json) printJson({ id: keyId, revoked: true })
    else print(`Revoked key ${keyId} of tenant ${owner.name}.`)
  })
}
