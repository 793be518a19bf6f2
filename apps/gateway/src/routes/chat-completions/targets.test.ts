import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { expectError } from '../../testing/errors.ts'
import { Harness, KEY, TENANT } from '../../testing/harness.ts'
import { chat, PATH } from './example.ts'

let gateway: Harness
afterEach(() => gateway.close())

const adapterFor = (name: string, fingerprint: string) => ({
  ...{ id: `adp_${name}_${fingerprint}`, contentHash: fingerprint, key: `adapters/ten_test/${name}_${fingerprint}` },
  target: { name, fingerprint },
})
const DRAFTS = [adapterFor('small', 'f1'), adapterFor('small', 'f2'), adapterFor('large', 'f2')]

async function start(workers: readonly { model: string; fingerprint: string }[]): Promise<void> {
  gateway = await Harness.start({
    workers: workers.map(({ model: id, fingerprint }) => ({ model: { id, fingerprint } })),
  })
  gateway.memory.keys.set(KEY, { ...TENANT, adapters: DRAFTS })
}

const ask = (model: string) => gateway.post(PATH, { ...chat, model })
/** By worker, what each of its calls was for and which draft it brought. */
const seen = () =>
  gateway.workers.map(({ calls }) => calls.map((each) => [each.model, each.fingerprint, each.adapter?.id ?? null]))

describe('several targets behind one gateway', () => {
  it('are all listed, and a request goes to a worker of its model with the draft for exactly that target', async () => {
    await start([
      { model: 'small', fingerprint: 'f1' },
      { model: 'large', fingerprint: 'f2' },
    ])
    const models = gateway.services.workers.models
    expect([...models.keys()].sort()).toEqual(['large', 'small'])
    for (const model of ['small', 'large', 'small']) expect((await ask(model)).status).toBe(200)
    expect(seen()).toEqual([
      [
        ['small', 'f1', 'adp_small_f1'],
        ['small', 'f1', 'adp_small_f1'],
      ],
      [['large', 'f2', 'adp_large_f2']],
    ])
  })

  it('answer 404 for a model that nobody knows, and 503 for one whose workers are all away', async () => {
    await start([
      { model: 'small', fingerprint: 'f1' },
      { model: 'large', fingerprint: 'f2' },
    ])
    await expectError(await ask('nobody'), 404, 'model_not_found', 'model')
    await gateway.workers[1]?.close()
    await expect.poll(async () => (await ask('large')).status).toBe(503)
    await expectError(await ask('large'), 503, 'no_worker')
    expect((await ask('small')).status).toBe(200)
    // Away since before this gateway began: only the database has heard of it.
    gateway.memory.served.add('elsewhere')
    await expectError(await ask('elsewhere'), 503, 'no_worker')
    await expectError(await gateway.fetch('/v1/models/elsewhere'), 503, 'no_worker')
    gateway.memory.outage = new Error('down')
    await expectError(await ask('nobody'), 503, 'no_worker')
  })
})

describe('a canary', () => {
  const canaryFor = (name: string, fingerprint: string) => {
    const { id, ...rest } = adapterFor(name, fingerprint)
    return { ...rest, id: `${id}_canary` }
  }
  const tried = () => gateway.workers.map(({ calls }) => calls.map((each) => each.canary?.id ?? null))

  it('is sent to workers of its target only, beside the draft that serves there, and never to those of another', async () => {
    await start([
      { model: 'small', fingerprint: 'f1' },
      { model: 'large', fingerprint: 'f2' },
    ])
    // The second one is of other weights of the same name, the third of another name on the same weights as `large`.
    const canaries = [canaryFor('small', 'f1'), canaryFor('large', 'f1'), canaryFor('small', 'f2')]
    gateway.memory.keys.set(KEY, { ...TENANT, adapters: DRAFTS, canaries })
    for (const model of ['small', 'large']) expect((await ask(model)).status).toBe(200)
    gateway.worker.fingerprint = 'f2'
    expect((await ask('small')).status).toBe(200)
    gateway.worker.fingerprint = 'f3'
    expect((await ask('small')).status).toBe(200)
    expect(tried()).toEqual([['adp_small_f1_canary', 'adp_small_f2_canary', null], [null]])
    expect(gateway.workers[1]?.calls[0]).not.toHaveProperty('canary')
    expect(gateway.workers[1]?.calls[0]?.adapter?.id).toBe('adp_large_f2')
  })
})

describe('a target whose weights change under its tenants', () => {
  it('is never called with the draft of the weights before, from the very first call on', async () => {
    await start([{ model: 'small', fingerprint: 'f1' }])
    expect((await ask('small')).status).toBe(200)
    gateway.worker.fingerprint = 'f2'
    expect((await ask('small')).status).toBe(200)
    gateway.worker.fingerprint = 'f3'
    expect((await ask('small')).status).toBe(200)
    gateway.worker.fingerprint = 'f1'
    expect((await ask('small')).status).toBe(200)
    expect(seen()).toEqual([
      [
        ['small', 'f1', 'adp_small_f1'],
        ['small', 'f2', 'adp_small_f2'],
        ['small', 'f3', null],
        ['small', 'f1', 'adp_small_f1'],
      ],
    ])
  })

  it('goes on with an answer only where the weights are those that began it', async () => {
    await start([
      { model: 'small', fingerprint: 'f1' },
      { model: 'small', fingerprint: 'f2' },
    ])
    const [first, other] = gateway.workers
    if (!first || !other) throw new Error('two workers were started')
    const pooled = (url: string) => gateway.services.workers.workers.find((worker) => worker.url === url)
    other.ready = false
    await expect.poll(() => pooled(other.url)?.ready).toBe(false)
    const choicesOf = async () => z.object({ choices: z.unknown() }).parse(await (await ask('small')).json()).choices
    const whole = await choicesOf()
    // From now on the tenant is at home with the first, and the other one is free to take over.
    other.ready = true
    await expect.poll(() => pooled(other.url)?.ready).toBe(true)
    await expect.poll(() => pooled(first.url)?.hasHot(TENANT.tenantId)).toBe(true)
    const { script } = first
    let crashes = 0
    first.script = async function* (call, signal) {
      let texts = 0
      for await (const act of script(call, signal)) {
        yield act
        if (act.type === 'text' && ++texts === 2 && crashes++ === 0) yield { type: 'crash' }
      }
    }
    expect(await choicesOf()).toEqual(whole)
    expect([crashes > 0, first.calls.length, other.calls.length]).toEqual([true, 3, 0])
  })
})
