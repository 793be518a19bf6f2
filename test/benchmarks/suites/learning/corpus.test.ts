import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readWorkloads, type Workload } from './corpus.ts'

it('the project’s own workloads need no folder, and hold out what nobody learned from', async () => {
  const workloads = await readWorkloads(undefined, 200, REFERENCE)
  expect(workloads.map(({ domain }) => domain)).toContain('bash')
  expect(workloads.filter(({ seen }) => seen)).toHaveLength(3)
  expect(workloads.filter(leaks)).toEqual([])
  expect(await readWorkloads(undefined, 200, REFERENCE)).toEqual(workloads)
})

it('a corpus is played instead, each file a workload, and none of its held-out prompts comes twice', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'corpus-'))
  const prompts = ['a', 'b', 'c', 'd', 'e', 'a', 'f', 'g', 'g']
  await writeFile(join(folder, 'letters.jsonl'), prompts.map((prompt) => JSON.stringify({ prompt })).join('\n'))
  const [letters, ...others] = await readWorkloads(folder, 1, REFERENCE)
  expect(letters).toMatchObject({ domain: 'letters', seen: false, later: ['f'] })
  expect(others).toEqual([])
  await expect(readWorkloads(folder, 2, REFERENCE)).rejects.toThrow('letters has too few requests: 2 are held out.')
  await rm(folder, { recursive: true })
  await expect(readWorkloads(folder, 1, REFERENCE)).rejects.toThrow('Name a folder of JSONL files with --corpus.')
})

it('a general target has tenants of its own, whose chats end with what a user asks', async () => {
  const workloads = await readWorkloads(undefined, 200, { isReference: false })
  expect(workloads.filter(({ seen }) => seen)).toEqual([])
  expect(workloads.filter(leaks)).toEqual([])
  const chats = workloads.flatMap(({ first, later }) => [...first, ...later])
  expect(chats.every((chat) => typeof chat !== 'string' && chat.at(-1)?.role === 'user')).toBe(true)
})

const REFERENCE = { isReference: true }

function leaks({ first, later }: Workload): boolean {
  const asked = new Set(first.map((prompt) => JSON.stringify(prompt)))
  return first.length === 0 || later.length !== 200 || later.some((prompt) => asked.has(JSON.stringify(prompt)))
}
