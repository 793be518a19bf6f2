import { Engine, type EngineObserver, type EngineOptions, type GenerationRequest } from '@foretoken/engine'
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

/** Whose requests begin, in their order: with one slot, who had been served least each time. */
async function turns(requests: readonly GenerationRequest[]): Promise<string[]> {
  const order = await read(requests)
  return order.filter((event) => event.endsWith('begins')).map((event) => event.split(' ')[0] ?? '')
}

test('a tenant of four times the weight has four times the turns', async () => {
  start({ sequencesMax: 1, prefixCacheShare: 0 })
  const light = Array.from({ length: 3 }, () => ask('ten_light', 20, 10))
  const heavy = Array.from({ length: 8 }, () => ({ ...ask('ten_heavy', 20, 10), weight: 4 }))
  const order = await turns([...light, ...heavy])
  const between = order.join(' ').split('ten_light').slice(1, 3)
  expect(between.map((part) => part.trim().split(' ').length)).toEqual([4, 4])
})

test('prompt tokens from the prefix cache count nothing, and yet no tenant takes all slots before it is charged', async () => {
  for (const [sequencesMax, expected] of [
    [1, ['ten_a', 'ten_a', 'ten_a', 'ten_a', 'ten_b']],
    [2, ['ten_a', 'ten_b']],
  ] as const) {
    start({ sequencesMax })
    await read([ask('ten_a', 200, 2)])
    const cached = Array.from({ length: 4 }, () => ask('ten_a', 200, 2))
    const order = await turns([...cached, ask('ten_b', 90, 2), ask('ten_b', 80, 2)])
    expect(order.slice(0, expected.length).sort()).toEqual(expected)
    await engine.drain()
  }
})

test('rows that a preempted request finds in the prefix cache again are no gift to its tenant', async () => {
  let steps = 0
  let spared = 0
  const observer: EngineObserver = { decode: () => steps++, prefill: ({ lookup }) => (spared += lookup?.hit ?? 0) }
  start({ sequencesMax: 4, prefillRows: 512, prefillRowsBusy: 512, observer })
  const order: string[] = []
  const until = async (done: () => boolean) => {
    while (!done()) await new Promise((resolve) => setImmediate(resolve))
  }
  const owing = (first: number, tokensMax: number) => {
    const one = ask('ten_owing', 200, tokensMax)
    return { ...one, weight: 2, prompt: [first, ...one.prompt.slice(1)] }
  }
  // The owing tenant leads by its two prompts of 200, hence yields to the third; its lead then falls step by step.
  const long = read([owing(3, 45), owing(4, 110), ask('ten_b', 10, 250), ask('ten_b', 10, 250)])
  await until(() => steps >= 5)
  const third = read([{ ...ask('ten_c', 10, 28), weight: 2 }])
  await until(() => spared > 0)
  expect(spared).toBeGreaterThan(190)
  // It has still been served more, but by fewer tokens than were spared when its preempted request came back.
  await read([{ ...ask('ten_owing', 5, 5), weight: 2 }, ask('ten_b', 5, 5)], order)
  await Promise.all([long, third])
  expect(order[0]).toBe('ten_b 1 begins')
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
