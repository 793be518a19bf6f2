import { Engine, type EngineOptions, type GenerationRequest } from '@foretoken/engine'
import { afterEach, expect, test } from 'vitest'
import { cheapCosts } from '../exactness/cheap-costs.ts'
import { hashTarget } from '../exactness/preemption/hash-target.ts'
import { request } from './generate.ts'

const NEVER_ENDS = new Map([[1, -1e9]])
const tokens = { eosIds: [1], bytesOf: (id: number) => Uint8Array.of(65 + id) }
let engine: Engine
afterEach(() => engine.drain())

function start(options: Partial<EngineOptions>): void {
  engine = new Engine({ target: hashTarget, tokens, speculators: [], costs: cheapCosts() }, options)
}

function ask(tenant: string, promptLength: number, tokensMax: number): GenerationRequest {
  const prompt = Array.from({ length: promptLength }, (_, index) => 2 + (index % 27))
  return request({ tenant, prompt, tokensMax, sampling: { logitBias: NEVER_ENDS } })
}

/** Reads all streams and writes down the order in which they begin and end. */
async function read(requests: readonly GenerationRequest[], order: string[] = []): Promise<string[]> {
  const readOne = async (one: GenerationRequest, index: number) => {
    const admission = engine.admit(one)
    if (!admission.ok) throw admission.error
    let begun = false
    for await (const event of admission.events) {
      if (!begun) order.push(`${one.tenant} ${index} begins`)
      begun = true
      if (event.type === 'finish') order.push(`${one.tenant} ${index} ends`)
    }
  }
  await Promise.all(requests.map(readOne))
  return order
}

test("a short prompt does not wait for a long one's whole prefill, while others decode and while none does", async () => {
  for (const others of [[], [ask('ten_c', 2, 200)]]) {
    start({ prefillRows: 8, prefillRowsBusy: 4 })
    const order = await read([ask('ten_a', 250, 4), ask('ten_b', 12, 4), ask('ten_a', 5, 4), ...others])
    const place = (event: string) => order.indexOf(event)
    expect(place('ten_b 1 ends')).toBeLessThan(place('ten_a 0 begins'))
    expect(place('ten_a 2 begins')).toBeLessThan(place('ten_b 1 begins'))
    await engine.drain()
  }
})

test('a tenant that took every slot, and queued more, does not keep another one waiting for any of it to end', async () => {
  let preemptions = 0
  start({ sequencesMax: 2, observer: { preempted: () => preemptions++ } })
  const heavy = Array.from({ length: 6 }, () => ask('ten_heavy', 10, 250))
  const order: string[] = []
  const all = read(heavy, order)
  while (order.length < 2) await new Promise((resolve) => setImmediate(resolve))
  await read([ask('ten_light', 20, 10)], order)
  expect(order.filter((event) => event.endsWith('ends'))).toEqual(['ten_light 0 ends'])
  expect(preemptions).toBe(1)
  await all
  expect(order).toHaveLength(14)
})

test('the load says how many wait, and for what', async () => {
  const rowBytes = 2 * 2 * 2 * 4
  start({ sequencesMax: 4, cacheBytesMax: 5 * 64 * rowBytes, prefixCacheShare: 0 })
  const all = read(Array.from({ length: 4 }, () => ask('ten_a', 20, 290)))
  const seen = new Set<string>()
  while (engine.load.running + engine.load.waiting > 0) {
    const { waiting, waitingFor, cacheUsage } = engine.load
    expect(waitingFor.slots + waitingFor.memory + waitingFor.preempted).toBe(waiting)
    expect(cacheUsage).toBeLessThanOrEqual(1)
    for (const [reason, count] of Object.entries(waitingFor)) if (count > 0) seen.add(reason)
    await new Promise((resolve) => setImmediate(resolve))
  }
  await all
  expect([...seen]).toEqual(expect.arrayContaining(['memory', 'preempted']))
})
