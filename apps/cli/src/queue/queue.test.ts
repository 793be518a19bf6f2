import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { temporaryDatabase } from '@foretoken/db/testing'
import { openQueue } from '@foretoken/jobs'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createProgram } from '../program.ts'

let url: string
let drop: () => Promise<void>
let folder: string
beforeEach(async () => {
  ;({ url, drop } = await temporaryDatabase())
  folder = mkdtempSync(join(tmpdir(), 'foretoken-queue-'))
})
afterEach(async () => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  await drop()
  rmSync(folder, { recursive: true })
})

/** Runs a command in this process; what it wrote to standard output. */
async function foretoken(...args: string[]): Promise<string> {
  const written: string[] = []
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => written.push(String(chunk)) > 0)
  await createProgram().parseAsync([...args, '--data-dir', folder], { from: 'user' })
  return stripVTControlCharacters(written.join(''))
}

/** Dead letters, by way of a payload that no consumer knows. */
async function die(...ids: string[]): Promise<void> {
  const queue = await openQueue(url, 'training')
  const unknown: unknown = { version: 7 }
  for (const id of ids) await Reflect.apply(queue.add, queue, [unknown, { id }])
  await queue.consume(() => undefined)
  await expect.poll(async () => (await queue.deadLetters()).length, { timeout: 50_000 }).toBe(ids.length)
  await queue.close()
}

describe('foretoken queue dead', () => {
  it('says of each dead letter what it was and why it failed', async () => {
    expect(await foretoken('queue', 'dead', '--database-url', url)).toBe('There are no dead letters.\n')
    await die('a', 'b')
    const said = await foretoken('queue', 'dead', '--database-url', url)
    expect(said).toMatch(/QUEUE +ID +ATTEMPTS +FAILED +PAYLOAD +REASON/)
    expect(said).toMatch(/ training +a +1 +\d{4}-\S+ \S+Z +{"version":7} +The consumer does not know .* version 7\./)
    const letters = JSON.parse(await foretoken('queue', 'dead', '--database-url', url, '--json'))
    const payload = { version: 7 }
    expect(letters).toMatchObject(['a', 'b'].map((id) => ({ id, queue: 'training', payload, attempts: 1 })))
    expect(Number.isNaN(Date.parse(letters[0].failedAt))).toBe(false)
  })

  it('looks where the queues are, and needs no database then', async () => {
    await die('a')
    const elsewhere = ['--database-url', 'postgres://127.0.0.1:9/none']
    expect(await foretoken('queue', 'dead', ...elsewhere, '--queue-url', url)).toContain(' a ')
    vi.stubEnv('FORETOKEN_QUEUE_URL', url)
    expect(await foretoken('queue', 'dead', ...elsewhere)).toContain(' a ')
  })

  it.each([
    ['mysql://127.0.0.1/queue', 'postgres://…, redis://… or rediss://…'],
    ['redis://user:s3cret@127.0.0.1:9', "The queue at redis://127.0.0.1:9 can't be opened: connect ECONNREFUSED"],
  ])('names %s as what to mend', async (queueUrl, message) => {
    await expect(foretoken('queue', 'dead', '--queue-url', queueUrl)).rejects.toMatchObject({
      name: 'CliError',
      message: expect.stringContaining(message),
    })
  })
})

describe('foretoken queue replay', () => {
  it('queues one dead letter again, or several, or all', async () => {
    await die('a', 'b', 'c', 'd')
    const replay = (...args: string[]) => foretoken('queue', 'replay', 'training', ...args, '--queue-url', url)
    expect(await replay('a')).toBe('Queued one dead letter of training again.\n')
    const json = JSON.parse(await replay('b', 'c', '--json'))
    expect(json).toEqual({ queue: 'training', replayed: ['b', 'c'], missing: [] })
    expect(await replay('--all')).toBe('Queued one dead letter of training again.\n')
    expect(await foretoken('queue', 'dead', '--queue-url', url)).toBe('There are no dead letters.\n')
    expect(await replay('--all')).toBe('Queued 0 dead letters of training again.\n')
  })

  it.each([
    [['nothing', 'a'], 'There is no queue "nothing". There is: training'],
    [['training'], 'or all with --all'],
    [['training', 'a', '--all'], 'or all with --all'],
    [['training', 'a', 'x', 'y'], 'Queue training has no dead letter x, y.'],
  ])('says what is wrong with %j', async (args, message) => {
    await die('a')
    await expect(foretoken('queue', 'replay', ...args, '--queue-url', url)).rejects.toMatchObject({
      name: 'CliError',
      message: expect.stringContaining(message),
    })
  })
})
