import {
  authenticate,
  createApiKey,
  createTenant,
  type Database,
  findTenant,
  findTenantByName,
  KEY_SCOPES,
} from '@foretoken/db'
import { type Credentials, pepperOf, saveCredentials } from '../data-folder/credentials.ts'
import type { DataFolder } from '../data-folder/folder.ts'

export interface FirstKey {
  readonly tenantId: string
  readonly apiKey: string
}

const FIRST_TENANT = 'default'

/**
 * The tenant and key that `up` prints: those of the last start while they are valid in this database, else new ones.
 * Null when the operator disabled or deleted the first tenant: who has made others needs no default, and it must not
 * come back.
 */
export async function firstKey(db: Database, folder: DataFolder, credentials: Credentials): Promise<FirstKey | null> {
  const pepper = pepperOf(credentials)
  const known = credentials.first
  if (known !== undefined && (await authenticate(db, pepper, known.apiKey)) !== null) return known
  // A deleted one's name is free again, but it is not what the operator wants back.
  const before = known && (await findTenant(db, known.tenantId))
  if (before && before.status !== 'active') return null
  const created = await createTenant(db, FIRST_TENANT)
  const tenant = created.ok ? created.tenant : await findTenantByName(db, FIRST_TENANT)
  if (tenant?.status !== 'active') return null
  const { secret } = await createApiKey(db, pepper, { tenantId: tenant.id, name: 'first', scopes: KEY_SCOPES })
  const first = { tenantId: tenant.id, apiKey: secret }
  saveCredentials(folder, { ...credentials, first })
  return first
}
