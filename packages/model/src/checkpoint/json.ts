import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { z } from 'zod'
import { CheckpointError } from './error.ts'

/** Reads and checks a JSON file of the folder. Throws CheckpointError with the file and the first offending field. */
export async function readJson<T>(folder: string, file: string, schema: z.ZodType<T>): Promise<T> {
  const parsed = await readOptionalJson(folder, file, schema)
  if (parsed === undefined) throw new CheckpointError(file, undefined, 'is missing')
  return parsed
}

/** Like readJson; undefined when the file does not exist. */
export async function readOptionalJson<T>(folder: string, file: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const text = await readOptionalText(folder, file)
  if (text === undefined) return undefined
  return check(file, parse(file, text), schema)
}

export async function readOptionalText(folder: string, file: string): Promise<string | undefined> {
  try {
    return await readFile(join(folder, file), 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new CheckpointError(file, undefined, `cannot be read: ${error instanceof Error ? error.message : error}`)
  }
}

export function check<T>(file: string, value: unknown, schema: z.ZodType<T>): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  throw new CheckpointError(file, issue?.path.join('.') || undefined, issue?.message ?? 'is malformed')
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new CheckpointError(file, undefined, `is not JSON: ${error instanceof Error ? error.message : error}`)
  }
}
