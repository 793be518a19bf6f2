import { rmSync } from 'node:fs'
import { z } from 'zod'
import type { DataFolder } from './folder.ts'
import { readJson, writePrivateJson } from './json.ts'
import { isRunning } from './lock.ts'
import { processIdentity } from './process.ts'

const stateSchema = z.strictObject({
  pid: z.int().positive(),
  identity: z.string(),
  databaseUrl: z.string(),
})

/** Tells other commands where the database of a running platform is; returns what takes it back. */
export function publishState(folder: DataFolder, databaseUrl: string): () => void {
  const identity = processIdentity(process.pid) ?? ''
  writePrivateJson(folder.state, { pid: process.pid, identity, databaseUrl })
  return () => rmSync(folder.state, { force: true })
}

/** The database of the platform that runs on this folder; null where none does. */
export function runningDatabaseUrl(folder: DataFolder): string | null {
  const state = stateSchema.safeParse(readJson(folder.state))
  if (!state.success) return null
  const { pid, identity, databaseUrl } = state.data
  return isRunning({ pid, identity }) ? databaseUrl : null
}
