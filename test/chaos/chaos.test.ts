import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { checkBooks, type Database, listProcesses, openDatabase } from '@foretoken/db'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type Platform, startPlatform } from '../end-to-end/platform.ts'
import { seeded } from '../simulation/random.ts'
import { FAULTS, type Fault, inflict } from './faults.ts'
import { Load, type Outcome, undisturbed } from './load.ts'
import { questions } from './questions.ts'

/** `npm run test:chaos` plays more of them. */
const FAULTS_TOTAL = Number(process.env.FORETOKEN_CHAOS_FAULTS ?? 8)
const CLIENTS = 4
/** Two gateways, three workers, a trainer and a scheduler. */
const PROCESSES = 7
const SEED = Number(process.env.FORETOKEN_CHAOS_SEED ?? 1)

let platform: Platform
let db: Database
const faults: Fault[] = []
let outcomes: readonly Outcome[] = []

beforeAll(
  async () => {
    platform = await startPlatform({}, ['--workers', '3', '--gateways', '2', '--threads', '1'])
    const { urls = [], apiKey, model } = platform.ready
    const state: unknown = JSON.parse(readFileSync(join(platform.dataDir, 'state.json'), 'utf8'))
    db = openDatabase(z.object({ databaseUrl: z.string() }).parse(state).databaseUrl, { onIdleError: () => {} })
    const target = { urls, apiKey }
    const asked = questions(model)
    // The same faults and questions for one seed, if not the same moments.
    const random = seeded(SEED).uniform
    const load = new Load(target, asked, await undisturbed(target, asked), CLIENTS, random)
    for (let count = 0; count < FAULTS_TOTAL; count++) {
      const kind = FAULTS[count < FAULTS.length ? count : Math.floor(random() * FAULTS.length)] ?? 'worker killed'
      await sleep(500 + random() * 1_500)
      const fault = await inflict(kind, platform.dataDir, db, random).catch(() => null)
      if (fault) faults.push(fault)
      if (process.env.FORETOKEN_CHAOS_PROGRESS) console.error(`${count + 1} of ${FAULTS_TOTAL}: ${kind}`)
      await whole()
    }
    outcomes = await load.stop()
  },
  FAULTS_TOTAL * 60_000 + 120_000,
)
afterAll(async () => {
  await db?.close()
  await platform?.stop()
})

/** Waits until every part of the platform is there again: faults hit a platform, not its ruins. */
async function whole(): Promise<void> {
  const deadlineMs = performance.now() + 60_000
  while (performance.now() < deadlineMs) {
    const processes = await listProcesses(db).catch(() => [])
    if (processes.filter(({ state }) => state === 'ready').length === PROCESSES) return
    await sleep(250)
  }
  throw new Error('a part of the platform did not come back within a minute')
}

describe('under faults', () => {
  it('most faults came about, and most requests were answered', () => {
    expect(faults.length).toBeGreaterThan(FAULTS_TOTAL / 2)
    const count = (wanted: Outcome['kind']) => outcomes.filter(({ kind }) => kind === wanted).length
    const counts = (['whole', 'broken', 'refused', 'failed', 'changed'] as const).map(
      (kind) => `${kind} ${count(kind)}`,
    )
    console.log(`${faults.length} faults, ${outcomes.length} requests: ${counts.join(', ')}`)
    const resumed = platform.log.flatMap((line) => /"ms":(\d+),"msg":"answer resumed/.exec(line)?.[1] ?? [])
    const sorted = resumed.map(Number).sort((a, b) => a - b)
    const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))]
    console.log(`${sorted.length} answers resumed: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`)
    expect(count('whole')).toBeGreaterThan(outcomes.length / 2)
  })

  it('no answer changed a byte, and none was lost whose gateway lived', () => {
    const gatewaysHit = faults.filter(({ kind }) => kind.startsWith('gateway'))
    const excused = ({ kind, gateway, endedMs }: Outcome) =>
      kind === 'broken' &&
      gatewaysHit.some((fault) => fault.url === gateway && fault.atMs <= endedMs && endedMs < fault.atMs + 60_000)
    const wrong = outcomes.filter((each) => each.kind !== 'whole' && each.kind !== 'refused' && !excused(each))
    expect(wrong).toEqual([])
  })

  it('every whole answer is billed once, for what it was', { timeout: 60_000 }, async () => {
    const rows = async () => {
      const { rows } = await db.pool.query<{ id: string; tokens: number; status: string }>(
        'select id, completion_tokens as tokens, status from requests',
      )
      return new Map(rows.map((row) => [row.id, row]))
    }
    // What ended in the last moment of a gateway that was killed may be billed in part: usage is written behind answers.
    const killed = faults.filter(({ kind }) => kind === 'gateway killed')
    const late = ({ gateway, endedMs }: Outcome) =>
      killed.some(({ url, atMs }) => url === gateway && atMs > endedMs - 100 && atMs < endedMs + 1_000)
    const answered = outcomes.filter((each) => each.kind === 'whole' && !late(each))
    console.log(
      `${outcomes.filter((each) => each.kind === 'whole' && late(each)).length} answers ended as their gateway was killed`,
    )
    await expect
      .poll(async () => {
        const billed = await rows()
        return answered.filter(({ requestId }) => !billed.has(requestId ?? '')).length
      })
      .toBe(0)
    const billed = await rows()
    const wrong = answered.filter(({ requestId, completionTokens }) => {
      const row = billed.get(requestId ?? '')
      return row?.tokens !== completionTokens || row.status !== 'completed'
    })
    expect(wrong).toEqual([])
    await expect
      .poll(async () => (await db.pool.query('select id from open_requests')).rows.length, { timeout: 30_000 })
      .toBe(0)
  })

  it('usage and ledger agree to the last unit', async () => {
    await expect.poll(() => checkBooks(db)).toEqual([])
  })
})
