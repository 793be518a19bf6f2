import { type Database, findTenant, findTenantByName, type Tenant } from '@foretoken/db'
import { CliError } from '../errors.ts'

/** @throws CliError when there is none. */
export async function requireTenant(db: Database, nameOrId: string): Promise<Tenant> {
  const tenant = nameOrId.startsWith('ten_') ? await findTenant(db, nameOrId) : await findTenantByName(db, nameOrId)
  if (tenant === null) throw new CliError(`There is no tenant "${nameOrId}". See: foretoken tenant list`)
  return tenant
}
