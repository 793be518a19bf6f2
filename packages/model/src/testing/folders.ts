import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { toFloat32 } from '@foretoken/storage'
import { onTestFinished } from 'vitest'
import { z } from 'zod'
import { readSafetensorsHeader, readTensor } from '../checkpoint/safetensors.ts'

/** A small random checkpoint that golden/make_golden.py wrote. */
export const goldenFolder = (name: string): string => fileURLToPath(new URL(`../../golden/${name}`, import.meta.url))

export const goldenNames = ['qwen3', 'llama3', 'llama-linear'] as const

const goldenSchema = z.object({ tokens: z.array(z.number()), positions: z.array(z.number()) })

/** Token ids, and transformers' logits [positions, V] at some of their positions. */
export async function readGolden(name: string) {
  const folder = goldenFolder(name)
  const { tokens, positions } = goldenSchema.parse(JSON.parse(await readFile(join(folder, 'golden.json'), 'utf8')))
  const stored = (await readSafetensorsHeader(join(folder, 'logits.safetensors'))).get('logits')
  if (!stored) throw new Error(`${folder} has no logits`)
  return { tokens, positions, logits: toFloat32(await readTensor(stored)) }
}

/** A copy of a golden folder that the running test may damage; it goes when the test ends. */
export async function copyFolder(name: string): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'foretoken-model-'))
  onTestFinished(() => rm(copy, { recursive: true }))
  await cp(goldenFolder(name), copy, { recursive: true })
  return copy
}

/** Merges fields into a JSON file of the folder; undefined removes a field. */
export async function editJson(folder: string, file: string, changes: Record<string, unknown>): Promise<void> {
  const path = join(folder, file)
  const fields = z.record(z.string(), z.unknown()).parse(JSON.parse(await readFile(path, 'utf8')))
  await writeFile(path, JSON.stringify({ ...fields, ...changes }))
}
