import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Act,
  FaultyWire,
  type Script,
  ScriptedWorker,
  type WireFault,
  wordsScript,
} from '@foretoken/protocol/testing'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { eventually, Harness } from '../../testing/harness.ts'
import { chat, PATH } from './example.ts'

let gateway: Harness
afterEach(() => gateway.close())

/** Plays so many acts of a call, then what the test says in place of the rest. */
const cut = (acts: number, then: Act, script: Script = wordsScript): Script =>
  async function* (call, signal) {
    let played = 0
    for await (const act of script(call, signal)) {
      if (played++ === acts) {
        yield then
        await sleep(60_000, undefined, { signal })
      }
      yield act
    }
  }

const LIMITS = { workerPollMs: 5, resumeMsMax: 20_000 }

/** The whole answer; only what names this one request is left out. */
async function read(body: object): Promise<string> {
  const answer = await gateway.post(PATH, body)
  expect(answer.status).toBe(200)
  return (await answer.text()).replaceAll(/"(id|created)":[^,]+,/g, '').replaceAll(/,"metrics":.*?\]\}\}/g, '')
}

const requests = fc.record({
  n: fc.integer({ min: 1, max: 3 }),
  max_tokens: fc.integer({ min: 1, max: 12 }),
  seed: fc.integer({ min: 0, max: 1_000 }),
  stream: fc.boolean(),
  logprobs: fc.boolean(),
})

describe('an answer whose worker is lost in the middle', () => {
  it('has the same bytes and one bill, wherever and however often workers break', async () => {
    gateway = await Harness.start({ workers: [{}, {}], limits: LIMITS })
    // Behind the first frame, and fewer than what counts as the request's own fault.
    const faults = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 2 })
    let resumed = 0
    await fc.assert(
      fc.asyncProperty(requests, faults, async (wanted, cuts) => {
        const body = { ...chat, ...wanted, ...(wanted.stream && { stream_options: { include_usage: true } }) }
        for (const worker of gateway.workers) worker.script = wordsScript
        const undisturbed = await read(body)
        const before = gateway.usage.length
        const left = [...cuts]
        for (const worker of gateway.workers) {
          worker.script = (call, signal) => {
            const acts = left.shift()
            if (call.resumed) resumed++
            return acts === undefined ? wordsScript(call, signal) : cut(acts, { type: 'crash' })(call, signal)
          }
        }
        expect(await read(body)).toBe(undisturbed)
        await eventually(() => expect(gateway.usage).toHaveLength(before + 1))
        const [plain, failedOver] = gateway.usage.slice(-2)
        const bill = ({ promptTokens, cachedTokens, completionTokens, status }: NonNullable<typeof plain>) => {
          return { promptTokens, cachedTokens, completionTokens, status }
        }
        expect(failedOver && bill(failedOver)).toEqual(plain && bill(plain))
      }),
      { numRuns: 40 },
    )
    expect(resumed).toBeGreaterThan(5)
  })

  it('goes on when a worker hangs without a word', async () => {
    gateway = await Harness.start({ workers: [{}, {}], limits: { ...LIMITS, workerSilenceMsMax: 1_000 } })
    const undisturbed = await read({ ...chat, stream: true })
    let hung = 0
    for (const worker of gateway.workers) {
      worker.script = (call, signal) => (hung++ === 0 ? cut(3, { type: 'hang' }) : wordsScript)(call, signal)
    }
    expect(await read({ ...chat, stream: true })).toBe(undisturbed)
    expect(hung).toBe(2)
  })

  it('has the same bytes whatever the wire does to it', async () => {
    const workers = await Promise.all([ScriptedWorker.start(), ScriptedWorker.start()])
    const wires = await Promise.all(workers.map(({ url }) => FaultyWire.start(url)))
    gateway = await Harness.start({
      workers: [],
      config: { workerUrls: wires.map(({ url }) => url) },
      limits: { ...LIMITS, workerSilenceMsMax: 1_000 },
    })
    await eventually(() => expect(gateway.services.workers.workers.every(({ ready }) => ready)).toBe(true))
    const fault = fc.record({
      fault: fc.constantFrom<WireFault>('cut', 'cut', 'late', 'hang'),
      // Behind the answer's head, its first frame and some more.
      afterBytes: fc.integer({ min: 400, max: 2_000 }),
    })
    let faults = 0
    await fc.assert(
      fc.asyncProperty(requests, fault, async (wanted, planned) => {
        const body = { ...chat, ...wanted }
        for (const wire of wires) wire.next = () => undefined
        const undisturbed = await read(body)
        let left = 1
        for (const wire of wires) {
          wire.next = () => {
            if (left-- <= 0) return undefined
            faults++
            return planned
          }
        }
        expect(await read(body)).toBe(undisturbed)
      }),
      { numRuns: 25 },
    )
    expect(faults).toBeGreaterThan(10)
    await Promise.all([...wires, ...workers].map((each) => each.close()))
  })

  it('waits for the only worker to come back', async () => {
    gateway = await Harness.start({ limits: LIMITS })
    const undisturbed = await read({ ...chat, stream: true })
    const port = Number(new URL(gateway.worker.url).port)
    gateway.worker.script = cut(3, { type: 'hang' })
    const answer = read({ ...chat, stream: true })
    await eventually(() => expect(gateway.worker.running).toBe(1))
    await sleep(50)
    await gateway.worker.close()
    gateway.worker.script = wordsScript
    await gateway.worker.listen(port)
    expect(await answer).toBe(undisturbed)
    expect(gateway.logs).toContain('answer resumed on another worker')
  })

  it('goes on where a worker is stopped before it has drained', async () => {
    const stopping: Act = { type: 'error', error: { code: 'shutting_down', message: 'stopping', param: null } }
    gateway = await Harness.start({ workers: [{}, {}], limits: LIMITS })
    const undisturbed = await read({ ...chat, stream: true })
    let calls = 0
    for (const worker of gateway.workers) {
      worker.script = (call, signal) => (calls++ === 0 ? cut(2, stopping) : wordsScript)(call, signal)
    }
    expect(await read({ ...chat, stream: true })).toBe(undisturbed)
    expect(calls).toBe(2)
  })
})
