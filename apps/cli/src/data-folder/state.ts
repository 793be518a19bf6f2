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
  objectStore: z.string(),
  queueUrl: z.string(),
  /** Whether a trainer runs too. */
  trainer: z.boolean(),
})
export type RunningPlatform = Omit<z.infer<typeof stateSchema>, 'pid' | 'identity'>

/** Tells other commands what a running platform works with; returns what takes it back. */
export function publishState(folder: DataFolder, platform: RunningPlatform): () => void {
  const identity = processIdentity(process.pid) ?? ''
  writePrivateJson(folder.state, { pid: process.pid, identity, ...platform })
  return () => rmSync(folder.state, { force: true })
}

/** The platform that runs on this folder; null where none does. */
export function runningPlatform(folder: DataFolder): RunningPlatform | null {
  const state = stateSchema.safeParse(readJson(folder.state))
  if (!state.success) return null
  const { pid, identity, ...platform } = state.data
  return isRunning({ pid, identity }) ? platform : null
}
