import { SuffixSpeculator } from '@foretoken/drafting'
import { randomFloats } from '@foretoken/drafting/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { complete } from '../../engine/generate.ts'
import { drafted, expectSame, serve, versionsOf } from './answers.ts'
import { CHANGES, HotSwaps } from './hot-swaps.ts'
import { ADAPTERS, engineOn, neuralOf, openWorld, TENANTS, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
}, 300_000)
afterAll(() => world?.close())

const suffix = () => new SuffixSpeculator({ endIds: world.model.tokenizer.eosIds })

test('the adapters that this is about draft otherwise than the static draft', async () => {
  const { draft, adapters } = world
  const starts = Array.from({ length: 8 }, (_, seed) => {
    return { hidden: randomFloats(seed, draft.artifact.shape.hiddenSize), context: draft.contextOf([100 + seed]) }
  })
  const tokensOf = async (more: object) => {
    const chains = await draft.draft(
      starts.map((start) => ({ ...start, ...more })),
      4,
    )
    return chains.map(({ tokens }) => tokens)
  }
  const shared = await tokensOf({})
  for (const { id, ready } of adapters) expect(await tokensOf({ adapter: ready }), id).not.toEqual(shared)
})

describe('same seed, same bytes, with the draft that ships and adapters of its tenants', () => {
  test.each([
    ['alone', { width: 1, shift: 1, stride: 2 }],
    ['in batches of tenants with different adapters and without', { width: 7, shift: 6 }],
  ])(
    '%s, with arms and lookaheads forced and free, and once they are forgotten',
    async (_, how) => {
      const demoted: string[] = []
      const neural = neuralOf(world, (id) => demoted.push(id))
      for (const [tenant, id] of Object.entries(ADAPTERS)) {
        const adapter = world.adapters.find((each) => each.id === id)
        if (adapter) neural.adopt(tenant, adapter.ready)
      }
      const engine = engineOn(world.model, [suffix(), neural])
      const answers = await serve(engine, world, how)
      expectSame(answers)
      for (const id of [world.draft.artifact.id, 'adp_mild', 'adp_fitted']) {
        const { proposed, accepted } = drafted(answers, (version) => version === id)
        expect(accepted, id).toBeGreaterThan(5)
        expect(proposed, id).toBeGreaterThan(accepted)
      }
      expect(drafted(answers, (version) => version === 'adp_wild').proposed).toBeGreaterThan(5)
      expect(demoted).toContain('adp_wild') // in the middle of what it was drafting for
      for (const answer of answers) {
        const own = ADAPTERS[answer.asked.tenant ?? '']
        expect(versionsOf(answer, 'adaptive').filter((version) => version !== own)).toEqual([])
      }

      for (const tenant of TENANTS) engine.forget(tenant)
      const afterwards = await serve(engine, world, { width: 5, shift: 2, stride: 4 })
      await engine.drain()
      expectSame(afterwards)
      expect(afterwards.flatMap((answer) => versionsOf(answer, 'adaptive'))).toEqual([])
      expect(afterwards.flatMap((answer) => versionsOf(answer, 'static')).length).toBeGreaterThan(0)
    },
    120_000,
  )

  test.each([1, 7])('while each tenant tries a candidate at some of its steps, %i at a time', async (width) => {
    const neural = neuralOf(world)
    const tries = { ten_none: 'adp_fitted', ten_mild: 'adp_fitted', ten_fitted: 'adp_mild', ten_wild: 'adp_fitted' }
    const refOf = (wanted: string | undefined) => world.adapters.find(({ id }) => id === wanted)?.stored.ref ?? null
    const wish = () => {
      for (const [tenant, candidate] of Object.entries(tries)) {
        const ref = refOf(candidate)
        neural.want(tenant, refOf(ADAPTERS[tenant]), ref && { ...ref, id: `${tenant} tries`, share: 0.4 })
      }
    }
    wish()
    await expect.poll(() => TENANTS.filter((tenant) => neural.tried(tenant)).length).toBe(TENANTS.length)
    const engine = engineOn(world.model, [suffix(), neural])
    const answers = await serve(engine, world, { width, shift: 1, stride: 2 })
    await engine.drain()
    expectSame(answers)
    for (const tenant of TENANTS) {
      const own = answers.filter(({ asked }) => asked.tenant === tenant)
      expect(drafted(own, (version) => version === `${tenant} tries`).proposed, tenant).toBeGreaterThan(5)
      expect(drafted(own, (version) => version === ADAPTERS[tenant]).proposed > 5).toBe(tenant !== 'ten_none')
      const trials = own.flatMap(({ got }) => got.trials)
      expect(new Set(trials.map(({ candidate }) => candidate))).toEqual(new Set([`${tenant} tries`]))
    }
    // What took turns is all that was committed, where the candidate could draft from the first step to the last.
    for (const { got, way } of answers) {
      const [trial, ...others] = got.trials
      if (!trial || others.length > 0) continue
      expect(['auto', 'adaptive']).toContain(way.arm)
      expect(trial.byCandidate.tokens + trial.byRival.tokens).toBe(got.tokens.length)
      expect(trial.byCandidate.ms + trial.byRival.ms).toBeGreaterThan(0)
    }
  })

  test('while adapters are swapped, unloaded and forgotten at any moment of a step', async () => {
    const swaps = new HotSwaps(neuralOf(world), TENANTS, world.adapters)
    const engine = engineOn(world.model, [suffix(), swaps])
    const answers = await serve(engine, world, { width: 6, shift: 1 })
    await engine.drain()
    expectSame(answers)
    for (const change of CHANGES) {
      expect(swaps.done.filter((done) => done.change === change).length, change).toBeGreaterThan(2)
    }
    const { proposed, accepted } = drafted(answers, (version) => version.startsWith('adp_'))
    expect(accepted).toBeGreaterThan(5)
    expect(proposed).toBeGreaterThan(accepted)
    const served = answers.map((answer) => versionsOf(answer, 'adaptive'))
    expect(served.filter((versions) => versions.length > 1).length).toBeGreaterThan(2)
    const loaded = swaps.done.flatMap(({ change, version }) => (change === 'load' ? [version] : []))
    expect(served.flat().some((version) => loaded.includes(version))).toBe(true)
    const lost = answers.filter(
      (answer) =>
        answer.way.arm === 'adaptive' &&
        versionsOf(answer, 'adaptive').length > 0 &&
        versionsOf(answer, 'static').length > 0,
    )
    expect(lost.length).toBeGreaterThan(2)
  }, 120_000)

  test.each([0, 0.9])(
    'and what serves changes from one step to the next, at temperature %d',
    async (temperature) => {
      const { model, draft, adapters, requests } = world
      const tenant = 'ten_long'
      const unending = new Map(model.tokenizer.eosIds.map((id) => [id, -100]))
      const sampling = { temperature, seed: 3n, logitBias: unending }
      const long = { tenant, prompt: requests[0]?.prompt ?? [], tokensMax: 128, sampling }
      const alone = engineOn(model, [])
      const expected = await complete(alone, long)
      await alone.drain()

      const neural = neuralOf(world)
      const [mild, , fitted] = adapters
      if (!mild || !fitted) throw new Error('the adapters are missing')
      const changes = [
        { after: 'adp_1', change: () => neural.adopt(tenant, { ...mild.ready, id: 'adp_2' }) },
        { after: 'adp_2', change: () => neural.want(tenant, null) },
        { after: draft.artifact.id, change: () => neural.want(tenant, { ...fitted.stored.ref, id: 'adp_3' }) },
        { after: 'adp_3', change: () => engine.forget(tenant) },
      ]
      const served: (string | null)[] = []
      const engine = engineOn(model, [neural], {
        observer: {
          decode: ({ results }) => {
            served.push(...results.flatMap(({ draftVersion }) => draftVersion ?? []))
            const latest = served.slice(-3)
            if (latest.length === 3 && latest.every((each) => each === changes[0]?.after)) changes.shift()?.change()
          },
        },
      })
      neural.adopt(tenant, { ...fitted.ready, id: 'adp_1' })
      const got = await complete(engine, { ...long, speculation: { arm: 'adaptive', lookahead: 3 } })
      await engine.drain()
      expectSame([{ got, expected }])
      const inTurn = served.filter((version, step) => version !== served[step - 1])
      expect(inTurn).toEqual(['adp_1', 'adp_2', draft.artifact.id, 'adp_3', draft.artifact.id])
      expect(got.speculation.acceptedTokens).toBeGreaterThan(10)
    },
    60_000,
  )
})
