import {
  addPrice,
  checkBooks,
  createApiKey,
  createTenant,
  type Database,
  listLimits,
  openDatabase,
  setLimits,
} from '@foretoken/db'
import { temporaryDatabase } from '@foretoken/db/testing'
import { type Act, endFrame, type Script } from '@foretoken/protocol/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chat, PATH } from '../routes/chat-completions/example.ts'
import { postgresStore } from '../store.ts'
import { Harness } from '../testing/harness.ts'

const STEP = 3
const BUDGET = 500_000n
const OUTPUT = 10n

/** Some tokens a step, one step a turn of the event loop, as long as anybody listens. */
const steps: Script = async function* (call, signal): AsyncGenerator<Act> {
  yield { type: 'start', worker: 'wrk_a', promptTokens: 10 }
  const count = call.completionTokensMax ?? 5
  for (let at = STEP; at <= count && !signal.aborted; at += STEP) {
    await new Promise((resolve) => setImmediate(resolve))
    yield { type: 'text', choice: 0, text: ' a', tokens: [1, 1, 1], completionTokens: at }
  }
  yield { type: 'finish', choice: 0, reason: 'stop' }
  yield { ...endFrame(call, count), usage: { promptTokens: 10, cachedTokens: 0, completionTokens: count } }
}

let db: Database
let drop: () => Promise<void>
let gateways: Harness[] = []
let tenantId: string
let authorization: string

beforeAll(async () => {
  const temporary = await temporaryDatabase()
  db = openDatabase(temporary.url)
  drop = temporary.drop
  const pepper = Buffer.alloc(32, 1)
  const created = await createTenant(db, 'a')
  if (!created.ok) throw new Error('name taken')
  tenantId = created.tenant.id
  const { secret } = await createApiKey(db, pepper, { tenantId, name: 'k' })
  authorization = `Bearer ${secret}`
  const rates = { input: 1n, cachedInput: 1n, output: OUTPUT, batchInput: 0n, batchCachedInput: 0n, batchOutput: 0n }
  await addPrice(db, { ...rates, model: '*', currency: 'USD', training: 0n }, { inMs: 0 })
  await setLimits(db, { tenantId, keyId: null }, { dayNanoMax: BUDGET })
  const store = () => postgresStore(db, pepper)
  const limits = { databaseMsMax: 30_000, reservationMs: 60_000 }
  const start = () => Harness.start({ workers: [{ script: steps }], store: store(), limits })
  gateways = await Promise.all([start(), start()])
})
afterAll(async () => {
  await Promise.all(gateways.map((gateway) => gateway.close()))
  await db.close().then(drop)
})

test('200 streams on two gateways never spend more than one budget, and use most of it', async () => {
  const body = { ...chat, stream: true, max_tokens: 900 }
  const ask = async (at: number) => {
    const gateway = gateways[at % gateways.length]
    const answer = await gateway?.post(PATH, body, { headers: { authorization } })
    return answer?.text() ?? ''
  }
  const answers = await Promise.all(Array.from({ length: 200 }, (_, at) => ask(at)))
  const cut = answers.filter((answer) => answer.includes('"finish_reason":"length"'))
  const refused = answers.filter((answer) => answer.includes('insufficient_quota'))
  expect(cut.length).toBeGreaterThan(0)
  expect(cut.length + refused.length).toBeGreaterThan(100)
  await expect.poll(async () => (await listLimits(db, tenantId))[0]?.streams, { timeout: 60_000 }).toBe(0)
  const [account] = await listLimits(db, tenantId)
  expect(account?.reservedNano).toBe(0n)
  expect(account?.daySpentNano).toBeLessThanOrEqual(BUDGET)
  // What was refused while others still held it came back when they ended.
  expect(account?.daySpentNano).toBeGreaterThan(BUDGET / 2n)
  expect(await checkBooks(db)).toEqual([])
})
