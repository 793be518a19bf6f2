import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  createTenant,
  type Database,
  disableTenant,
  forgetTenant,
  latestTrainingRuns,
  openDatabase,
  setLearning,
  type Tenant,
} from '@foretoken/db'
import { temporaryDatabase } from '@foretoken/db/testing'
import { decodeSegment, deleteTraces, listSegments } from '@foretoken/learning'
import { type ObjectStore, openObjectStore } from '@foretoken/storage'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type AnswerOptions, answer, historyOf } from './answer.ts'
import { custom } from './custom.ts'
import type { CustomOptions } from './options.ts'

let db: Database
let url: string
let drop: () => Promise<void>
let folder: string
let store: ObjectStore
let tenant: Tenant

beforeEach(async () => {
  const temporary = await temporaryDatabase()
  ;({ url, drop } = temporary)
  db = openDatabase(url)
  folder = mkdtempSync(join(tmpdir(), 'foretoken-custom-'))
  store = openObjectStore(pathToFileURL(join(folder, 'objects')).href)
  const created = await createTenant(db, 'acme')
  if (!created.ok) throw new Error('name taken')
  tenant = created.tenant
})
afterEach(async () => {
  vi.restoreAllMocks()
  await db.close().then(drop)
  rmSync(folder, { recursive: true })
})

const prompt = (n: number) => ({ prompt: `list all files larger than ${n} MB` })

function history(lines: readonly object[], name = 'history.jsonl'): string {
  const path = join(folder, name)
  writeFileSync(path, lines.map((line) => JSON.stringify(line)).join('\n'))
  return path
}

/** Runs the command in this process; what it wrote to standard output. */
async function run(prompts: readonly string[], options: Partial<CustomOptions> = {}): Promise<string> {
  const written: string[] = []
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => written.push(String(chunk)) > 0)
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true)
  const where = { dataDir: folder, databaseUrl: url, json: false }
  await custom({ ...where, tenant: 'acme', prompts, tokens: 1_000, threads: 1, wait: false, ...options })
  return written.join('')
}

const { signal: never } = new AbortController()

type Parts = Parameters<typeof answer>[0]

/** Answers a file as the command does, but may want fewer tokens, and be stopped. */
async function answered(path: string, options: Partial<AnswerOptions> = {}, given: Partial<Parts> = {}) {
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true)
  const parts = { db, store: async () => store, ...given }
  const defaults = { dataDir: folder, tokens: 100_000, threads: 1, signal: never, onProgress: () => {} }
  return await answer(parts, tenant, await historyOf([path]), { ...defaults, ...options })
}

/** Of every stored trace. */
async function requests(): Promise<string[]> {
  const found: string[] = []
  for await (const { key } of listSegments(store, tenant.id)) {
    found.push(...decodeSegment((await store.get(key)) ?? new Uint8Array()).traces.map(({ request }) => request))
  }
  return found
}

describe('foretoken draft custom', () => {
  it('has every prompt answered once, orders a run that learns from that, and says that nobody trains', async () => {
    const chat = [
      { role: 'user', content: 'show the current folder' },
      { role: 'assistant', content: 'ls' },
    ]
    const path = history([
      prompt(1),
      prompt(2),
      prompt(1),
      { messages: [...chat, { role: 'user', content: 'and all' }] },
    ])
    const said = await run([path])
    expect(said).toMatch(/acme: reference-target has answered 4 of 4 prompts in \d+ tokens\.\n/)
    expect(said).toMatch(/a training run is ordered[\s\S]*No trainer runs here, so the run waits\. .*foretoken up/)
    expect(await requests()).toHaveLength(4)
    const [ordered, ...others] = await latestTrainingRuns(db, tenant.id, 5)
    expect(ordered).toMatchObject({ state: 'queued', trigger: 'ordered' })
    const again = JSON.parse(await run([path], { tenant: tenant.id, json: true }))
    expect(again).toMatchObject({ tenant: tenant.id, answers: 4, earlier: 4, prompts: 4, run: { id: ordered?.id } })
    expect([others, await requests()]).toMatchObject([[], { length: 4 }])
  })

  it('answers nothing where it can not go on, and says why', async () => {
    const path = history([prompt(1)])
    const bad = history([prompt(1), { question: '?' }], 'bad.jsonl')
    const refusal = (options: Partial<CustomOptions> = {}) => run([path], options).catch((error: unknown) => error)
    const refused = (message: RegExp) => ({ name: 'CliError', message: expect.stringMatching(message) })
    expect(await refusal({ prompts: [path, bad] })).toMatchObject(refused(/bad\.jsonl:2 has neither/))
    expect(await refusal({ tenant: 'none' })).toMatchObject(refused(/no tenant "none"/))
    expect(await refusal({ wait: true })).toMatchObject(refused(/No trainer runs/))
    await setLearning(db, tenant.id, false)
    expect(await refusal()).toMatchObject(refused(/opted out of learning\. Opt it/))
    await setLearning(db, tenant.id, true)
    await forgetTenant(db, tenant.id)
    expect(await refusal()).toMatchObject(refused(/just forgotten.*Repeat in \d+ s/))
    await disableTenant(db, tenant.id)
    expect(await refusal()).toMatchObject(refused(/is not active/))
    expect([await requests(), await latestTrainingRuns(db, tenant.id, 1)]).toEqual([[], []])
  })
})

describe('answers to a history', () => {
  const IN_USE = /history of tenant acme .* is in use by process/
  const prompts = Array.from({ length: 60 }, (_, n) => prompt(n))

  it('go on where they were stopped, end with enough tokens, and cost what is new when the file grows', async () => {
    const half = history(prompts.slice(0, 30), 'half.jsonl')
    const stop = new AbortController()
    const onProgress = ({ answers }: { answers: number }) => answers >= 5 && stop.abort(new Error('enough'))
    await expect(answered(half, { signal: stop.signal, onProgress })).rejects.toThrow('enough')
    const first = await requests()
    expect(first.length).toBeGreaterThanOrEqual(5)
    expect(first.length).toBeLessThan(30)

    const some = await answered(half, { tokens: 200 })
    expect(some).toMatchObject({ earlier: first.length, prompts: 30 })
    expect(some.tokens).toBeGreaterThanOrEqual(200)
    const grown = history([...prompts, { prompt: 'list all files '.repeat(400) }])
    expect(await answered(grown)).toMatchObject({ answers: 60, earlier: some.answers, prompts: 60, tooLong: 1 })
    const ids = await requests()
    expect([ids.length, new Set(ids).size]).toEqual([60, 60])
  })

  it('are given by one call at a time', async () => {
    const lines = history(prompts)
    const second = async () => {
      await expect(answered(lines)).rejects.toMatchObject({ name: 'CliError', message: expect.stringMatching(IN_USE) })
      throw new Error('the second was refused')
    }
    await expect(answered(lines, {}, { store: second })).rejects.toThrow('the second was refused')
  })

  it('are given again once they were deleted, and leave nothing when the tenant opts out meanwhile', async () => {
    const lines = history(prompts)
    await answered(lines, { tokens: 50 })
    await deleteTraces(store, tenant.id)
    let opted: Promise<unknown> | undefined
    const onProgress = ({ answers }: { answers: number }) => {
      if (answers > 0) opted ??= setLearning(db, tenant.id, false)
    }
    const refused = { name: 'CliError', message: expect.stringContaining('opted out of learning') }
    await expect(answered(lines, { onProgress })).rejects.toMatchObject(refused)
    await opted
    expect(await requests()).toEqual([])
  })
})
