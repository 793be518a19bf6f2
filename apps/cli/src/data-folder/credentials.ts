import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { z } from 'zod'
import { CliError } from '../errors.ts'
import type { DataFolder } from './folder.ts'
import { readJson, writePrivateJson } from './json.ts'

const credentialsSchema = z.strictObject({
  version: z.literal(1),
  /** Base64, 32 bytes. Lost, it makes every key unknown. */
  pepper: z.base64(),
  clusterSecret: z.string().min(16),
  postgresPassword: z.string().min(16),
  /** What `up` prints; absent until the first start has made it. */
  first: z.strictObject({ tenantId: z.string(), apiKey: z.string() }).optional(),
})
export type Credentials = z.infer<typeof credentialsSchema>

/** The folder's secrets, made on first use. Call only while holding its lock. */
export function openCredentials(folder: DataFolder): Credentials {
  const existing = readCredentials(folder)
  if (existing !== null) return existing
  const secret = () => randomBytes(32).toString('base64url')
  const pepper = randomBytes(32).toString('base64')
  const credentials: Credentials = { version: 1, pepper, clusterSecret: secret(), postgresPassword: secret() }
  saveCredentials(folder, credentials)
  return credentials
}

/** Null: none were made yet. Damaged ones are an error, never replaced: the keys made with them would be lost. */
export function readCredentials(folder: DataFolder): Credentials | null {
  if (!existsSync(folder.credentials)) return null
  const parsed = credentialsSchema.safeParse(readJson(folder.credentials))
  if (parsed.success) return parsed.data
  throw new CliError(
    `${folder.credentials} is damaged. Restore it, or remove the whole data folder to start over without its keys.`,
  )
}

export function saveCredentials(folder: DataFolder, credentials: Credentials): void {
  writePrivateJson(folder.credentials, credentials)
}

export const pepperOf = (credentials: Credentials): Uint8Array => Buffer.from(credentials.pepper, 'base64')
