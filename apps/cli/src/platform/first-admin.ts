import { existsSync } from 'node:fs'
import { createAdminKey, type Database, listAdminKeys } from '@foretoken/db'
import { type Credentials, pepperOf } from '../data-folder/credentials.ts'
import type { DataFolder } from '../data-folder/folder.ts'
import { writePrivate } from '../data-folder/json.ts'

/**
 * The file with an owner's credential for the admin API: made at the first start on a database that has none. Null where
 * the operator keeps it elsewhere: it is made once, and never again.
 */
export async function firstAdmin(db: Database, folder: DataFolder, credentials: Credentials): Promise<string | null> {
  if ((await listAdminKeys(db)).length > 0) return existsSync(folder.adminKey) ? folder.adminKey : null
  const { secret } = await createAdminKey(db, pepperOf(credentials), { name: 'first', role: 'owner' })
  writePrivate(folder.adminKey, `${secret}\n`)
  return folder.adminKey
}
