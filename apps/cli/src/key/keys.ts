import { createApiKey, type KeyScope, listApiKeys, revokeApiKey, rotateApiKey } from '@foretoken/db'
import { CliError } from '../errors.ts'
import type { DatabaseCommandOptions } from '../options.ts'
import { print, printJson, renderTable, renderTime } from '../output.ts'
import { choice, withDatabase } from '../platform/connect.ts'
import { requireTenant } from '../tenant/lookup.ts'

export interface KeyOptions extends DatabaseCommandOptions {
  readonly tenant: string
}

export interface CreateOptions extends KeyOptions {
  readonly name: string
  readonly scope: readonly KeyScope[]
  /** In milliseconds; absent: it does not end by itself. */
  readonly expires?: number
}

export interface RotateOptions extends KeyOptions {
  /** In milliseconds. */
  readonly overlap: number
}

export async function create({ tenant, name, scope, expires, ...options }: CreateOptions): Promise<void> {
  await withDatabase(choice(options), async ({ db, pepper }) => {
    const owner = await requireTenant(db, tenant)
    if (owner.status !== 'active') throw new CliError(`Tenant ${owner.name} is not active: a key of it would not work.`)
    const wanted = { tenantId: owner.id, name, scopes: scope, lifetimeMs: expires }
    const { id, secret, scopes, expiresAt } = await createApiKey(db, pepper(), wanted)
    if (options.json) return printJson({ id, tenant: owner.id, name, scopes, expiresAt, apiKey: secret })
    const until = expiresAt ? ` It ends ${renderTime(expiresAt)}.` : ''
    print(`${secret}\n\nKey ${id} of tenant ${owner.name}. Keep it now: it can't be shown again.${until}`)
  })
}

export async function list({ tenant, ...options }: KeyOptions): Promise<void> {
  await withDatabase(choice(options), async ({ db }) => {
    const keys = await listApiKeys(db, (await requireTenant(db, tenant)).id)
    if (options.json) return printJson(keys)
    const rows = keys.map(({ id, name, shown, scopes, createdAt, lastUsedAt, expiresAt, revokedAt }) => {
      return [id, name, shown, scopes.join(' '), ...[createdAt, lastUsedAt, expiresAt, revokedAt].map(renderTime)]
    })
    print(renderTable(['ID', 'NAME', 'KEY', 'MAY', 'CREATED', 'LAST USED', 'EXPIRES', 'REVOKED'], rows))
  })
}

export async function rotate(keyId: string, { tenant, overlap, ...options }: RotateOptions): Promise<void> {
  await withDatabase(choice(options), async ({ db, pepper }) => {
    const owner = await requireTenant(db, tenant)
    const rotation = await rotateApiKey(db, pepper(), { tenantId: owner.id, keyId, overlapMs: overlap })
    if (!rotation) throw new CliError(`Tenant ${owner.name} has no key ${keyId} in use.`)
    const { made, old } = rotation
    const { id, secret, scopes, expiresAt } = made
    const ends = { id: old.id, expiresAt: old.expiresAt }
    if (options.json) return printJson({ id, tenant: owner.id, scopes, expiresAt, apiKey: secret, replaces: ends })
    print(
      `${secret}\n\nKey ${id} of tenant ${owner.name}. Keep it now: it can't be shown again.\n` +
        `It takes the place of ${old.id}, which ends ${renderTime(old.expiresAt)}.`,
    )
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
