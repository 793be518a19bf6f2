import { decodeSafetensors, encodeSafetensors, fromFloat32, type SafeTensor, tensorOf } from '@foretoken/storage'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import type { AdapterValues } from './adapter.ts'
import { AdapterPool, type AdapterPoolOptions } from './adapter-pool.ts'
import { ADAPTER_CONFIG_FILE, ADAPTER_WEIGHTS_FILE, type PooledRef } from './adapter-reader.ts'
import { RecurrentDraft } from './recurrent-draft.ts'
import { adapterParameters, type DraftShape } from './shape.ts'
import { encodeParameters } from './tensors.ts'
import { adapterFiles, filesOf, type StoredFiles } from './testing/adapter-files.ts'
import { randomAdapter, randomDraft, randomTables } from './testing/random-draft.ts'

const shape: DraftShape = {
  hiddenSize: 6,
  stateSize: 4,
  vocabularySize: 5,
  markovRank: 2,
  pointer: { rank: 2, window: 8 },
  adapter: { rank: 2, hotSize: 3, markovRank: 1 },
}
const artifact = randomDraft(1, shape)
const draft = await RecurrentDraft.open(artifact, randomTables(1, 20, 6), { weights: 'fp32' })
afterAll(() => draft.close())

const base = { base_model_name_or_path: artifact.contentHash }
const good = (n: number): StoredFiles => adapterFiles(`adp_${n}`, artifact, randomAdapter(n, shape))

/** A pool over a store whose answers come when the test says so. */
function pool(options: Partial<AdapterPoolOptions> = {}) {
  const loads: {
    ref: PooledRef
    answer: (files: ReadonlyMap<string, Uint8Array> | undefined) => void
    fail: (error: Error) => void
  }[] = []
  const refused: string[] = []
  const demoted: string[] = []
  const adapters = new AdapterPool(
    draft,
    {
      load: (ref) => new Promise((answer, fail) => loads.push({ ref, answer, fail })),
      onRefused: (tenant, { id }, reason) => refused.push(`${tenant} ${id}: ${reason}`),
      onDemoted: (tenant, { id }, reason) => demoted.push(`${tenant} ${id}: ${reason}`),
    },
    options,
  )
  const live = (tenant: string) => adapters.live(tenant)?.ref.id
  const settled = async (tenant: string, before: string | undefined) => {
    const seen = refused.length
    for (let turn = 0; turn < 1_000 && live(tenant) === before && refused.length === seen; turn++) {
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  /** Answers the newest load and waits for what comes of it. */
  const answer = async (tenant: string, { files }: StoredFiles, at = loads.length - 1) => {
    const before = live(tenant)
    loads[at]?.answer(files)
    await settled(tenant, before)
  }
  return { adapters, loads, refused, demoted, live, answer, settled }
}

const turns = async (count: number) => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

describe('an adapter', () => {
  it('is live once it is read, and not before', async () => {
    const { adapters, loads, live, answer, refused } = pool()
    const stored = good(1)
    adapters.want('ten_a', stored.ref)
    await turns(3)
    expect(live('ten_a')).toBeUndefined()
    await answer('ten_a', stored)
    expect(live('ten_a')).toBe('adp_1')
    expect(live('ten_b')).toBeUndefined()
    adapters.want('ten_a', { ...stored.ref })
    expect(loads.length).toBe(1)
    expect(refused).toEqual([])
  })

  it('serves until the next one is there', async () => {
    const { adapters, live, answer } = pool()
    adapters.want('ten_a', good(1).ref)
    await answer('ten_a', good(1))
    adapters.want('ten_a', good(2).ref)
    await turns(3)
    expect(live('ten_a')).toBe('adp_1')
    await answer('ten_a', good(2))
    expect(live('ten_a')).toBe('adp_2')
  })

  it('is gone at once when its tenant should have none, also while it loads', async () => {
    const { adapters, live, answer } = pool()
    adapters.want('ten_a', good(1).ref)
    await answer('ten_a', good(1))
    adapters.want('ten_a', null)
    expect(live('ten_a')).toBeUndefined()
    adapters.want('ten_a', good(2).ref)
    adapters.want('ten_a', null)
    await answer('ten_a', good(2))
    await turns(20)
    expect(live('ten_a')).toBeUndefined()
  })

  it('that comes after its tenant asked for another one is ignored, whether good or broken', async () => {
    const { adapters, loads, live, answer, refused } = pool()
    adapters.want('ten_a', good(1).ref)
    adapters.want('ten_a', good(2).ref)
    adapters.want('ten_a', good(3).ref)
    await answer('ten_a', good(3), 2)
    expect(live('ten_a')).toBe('adp_3')
    loads[0]?.answer(good(1).files)
    loads[1]?.fail(new Error('the store is away'))
    await turns(20)
    expect(live('ten_a')).toBe('adp_3')
    expect(refused).toEqual([])
  })

  it('that still serves is kept without a load when its tenant turns back to it', async () => {
    const { adapters, loads, live, answer } = pool()
    adapters.want('ten_a', good(1).ref)
    await answer('ten_a', good(1))
    const first = adapters.live('ten_a')
    adapters.want('ten_a', good(2).ref)
    adapters.want('ten_a', good(1).ref)
    expect(loads.length).toBe(2)
    loads[1]?.answer(good(2).files)
    await turns(20)
    expect(live('ten_a')).toBe('adp_1')
    expect(adapters.live('ten_a')).toBe(first)
  })

  it('is refused where the store has none', async () => {
    const { adapters, loads, refused, settled } = pool()
    adapters.want('ten_a', good(1).ref)
    loads[0]?.fail(new Error('no such key'))
    await settled('ten_a', undefined)
    expect(refused).toEqual(['ten_a adp_1: no such key'])
  })

  it('that was demoted stays out of service, and is reported once', async () => {
    const { adapters, loads, live, answer, demoted } = pool()
    adapters.want('ten_a', good(1).ref)
    await answer('ten_a', good(1))
    adapters.demote('ten_a', 'worse')
    adapters.demote('ten_a', 'worse')
    adapters.want('ten_a', good(1).ref)
    await turns(20)
    expect(live('ten_a')).toBeUndefined()
    expect(loads.length).toBe(1)
    expect(demoted).toEqual(['ten_a adp_1: worse'])
  })
})

it('a swap happens between two calls: a call in flight ends with what it started with', async () => {
  const { adapters, loads, live, answer, settled } = pool()
  adapters.want('ten_a', good(1).ref)
  await answer('ten_a', good(1))
  adapters.want('ten_a', good(2).ref)
  const start = (id: string | undefined) => {
    const adapter = adapters.live('ten_a')
    expect(adapter?.ref.id).toBe(id)
    return {
      hidden: new Float32Array(6).fill(0.5),
      context: draft.contextOf([3]),
      ...(adapter && { adapter: adapter.adapter }),
    }
  }
  const before = await draft.draft([start('adp_1')], 6)
  const inFlight = draft.draft([start('adp_1')], 6)
  loads[1]?.answer(good(2).files)
  expect(await inFlight).toEqual(before)
  await settled('ten_a', 'adp_1')
  expect(live('ten_a')).toBe('adp_2')
  expect(await draft.draft([start('adp_2')], 6)).not.toEqual(before)
})

describe('memory', () => {
  const bytes = draft.plain.bytes + 3 * (4 + 4 * 6 * 2 + 16)
  /** Room for two adapters, and a clock that stands still. */
  const two = () => pool({ bytesMax: 2 * bytes + 8, clock: () => 0 })
  const ask = async ({ adapters, answer, loads }: ReturnType<typeof pool>, tenant: string, times = 1) => {
    for (let time = 0; time < times; time++) {
      const before = loads.length
      adapters.want(tenant, good(1).ref)
      if (loads.length > before) await answer(tenant, good(1))
    }
  }
  const lives = ({ live }: ReturnType<typeof pool>) => ['ten_a', 'ten_b', 'ten_c'].filter(live)

  it('is full when the next adapter does not fit, and a newcomer is not loaded for nothing', async () => {
    const world = two()
    await ask(world, 'ten_a', 2)
    await ask(world, 'ten_b', 2)
    await ask(world, 'ten_c', 2)
    expect(lives(world)).toEqual(['ten_a', 'ten_b'])
    expect(world.loads.length).toBe(2)
    const { hits, misses, loads, evictions, adapters } = world.adapters.statistics
    expect({ hits, misses, loads, evictions, adapters }).toEqual({
      hits: 2,
      misses: 4,
      loads: 2,
      evictions: 0,
      adapters: 2,
    })
  })

  it('goes to whose adapter saves more; of equals the one not asked for longest makes room', async () => {
    const world = two()
    for (const tenant of ['ten_a', 'ten_b', 'ten_a', 'ten_b']) await ask(world, tenant)
    await ask(world, 'ten_c', 3)
    expect(lives(world)).toEqual(['ten_b', 'ten_c'])
    expect(world.adapters.statistics.evictions).toBe(1)
    expect(world.adapters.statistics.bytes).toBeLessThanOrEqual(2 * bytes + 8)
  })

  it('never takes an adapter from a tenant whose sequence is live, and does when it has ended', async () => {
    const world = two()
    await ask(world, 'ten_a')
    await ask(world, 'ten_b')
    for (const tenant of ['ten_a', 'ten_a', 'ten_b']) world.adapters.enter(tenant)
    expect(world.adapters.statistics.activeAdapters).toBe(2)
    await ask(world, 'ten_c', 9)
    expect(lives(world)).toEqual(['ten_a', 'ten_b'])
    world.adapters.leave('ten_a')
    await ask(world, 'ten_c')
    expect(lives(world)).toEqual(['ten_a', 'ten_b'])
    world.adapters.leave('ten_a')
    await ask(world, 'ten_c')
    expect(lives(world)).toEqual(['ten_b', 'ten_c'])
  })

  it('keeps what is known to save much before what is known to save nothing', async () => {
    const world = two()
    await ask(world, 'ten_a', 5)
    await ask(world, 'ten_b', 4)
    for (let request = 0; request < 9; request++) {
      for (const [tenant, saved] of [
        ['ten_a', 0],
        ['ten_b', 40],
      ] as const) {
        world.adapters.enter(tenant)
        world.adapters.leave(tenant, good(1).ref, saved)
      }
    }
    await ask(world, 'ten_c', 3)
    expect(lives(world)).toEqual(['ten_b', 'ten_c'])
  })

  it('holds nothing of a tenant that should have none, that was demoted, or that is beyond those who are known', async () => {
    const world = pool({ tenantsMax: 2, clock: () => 0 })
    for (const tenant of ['ten_a', 'ten_b']) await ask(world, tenant)
    expect(world.adapters.statistics.adapters).toBe(2)
    await ask(world, 'ten_c')
    expect(lives(world)).toEqual(['ten_b', 'ten_c'])
    world.adapters.want('ten_b', null)
    world.adapters.demote('ten_c', 'worse')
    const { adapters, bytes: held } = world.adapters.statistics
    expect([adapters, held]).toEqual([0, 0])
  })
})

describe('loads', () => {
  it('happen once for an adapter however often it is asked for, and a few at a time', async () => {
    const { adapters, loads, answer, live } = pool({ loadsMax: 2, waitingMax: 1 })
    for (const tenant of ['ten_a', 'ten_b', 'ten_c', 'ten_d']) {
      for (let time = 0; time < 3; time++) adapters.want(tenant, good(1).ref)
    }
    expect(loads.length).toBe(2)
    await answer('ten_a', good(1), 0)
    await turns(3)
    expect(loads.length).toBe(3)
    await answer('ten_b', good(1), 1)
    await answer('ten_c', good(1), 2)
    await turns(3)
    expect(['ten_a', 'ten_b', 'ten_c', 'ten_d'].map(live)).toEqual(['adp_1', 'adp_1', 'adp_1', undefined])
    adapters.want('ten_d', good(1).ref)
    await answer('ten_d', good(1))
    expect(live('ten_d')).toBe('adp_1')
    expect(loads.length).toBe(4)
  })

  it('that could not be done just now are tried again with the next request', async () => {
    const { adapters, loads, answer, live, refused } = pool()
    adapters.want('ten_a', good(1).ref)
    loads[0]?.answer(undefined)
    await turns(3)
    adapters.want('ten_a', good(1).ref)
    await answer('ten_a', good(1))
    expect(live('ten_a')).toBe('adp_1')
    expect(refused).toEqual([])
  })
})

describe('a broken adapter never becomes live', () => {
  const table = adapterParameters(shape)
  const whole = randomAdapter(1, shape)
  const encode = ({ values, hotTokens }: AdapterValues) => encodeParameters(table, values, hotTokens)
  const withNumber = (name: string, number: number) => {
    const data = (whole.values.get(name) ?? new Float32Array()).slice()
    data[data.length - 1] = number
    return encode({ ...whole, values: new Map([...whole.values, [name, data]]) })
  }
  const withTensors = (change: (tensors: Map<string, SafeTensor>) => void) => {
    const { tensors } = decodeSafetensors(encode(whole))
    change(tensors)
    return encodeSafetensors(Object.fromEntries(tensors))
  }
  const withHot = (...hotTokens: number[]) => encode({ ...whole, hotTokens: Int32Array.from(hotTokens) })
  const zeros = (...dims: number[]) => fromFloat32(new Float32Array(dims.reduce((a, b) => a * b)), dims, 'F16')

  const damages: [string, string, Uint8Array][] = [
    ['a NaN', 'parameter head_bias holds numbers that are not finite', withNumber('head_bias', Number.NaN)],
    ['an infinity', 'parameter query.a holds numbers that are not finite', withNumber('query.a', -Infinity)],
    ['more than a half holds', 'parameter query.b holds numbers that are not finite', withNumber('query.b', 1e5)],
    ['another shape', 'parameter head_bias is [3], expected [8]', withTensors((all) => all.set('head_bias', zeros(3)))],
    ['a missing tensor', 'parameter markov.b is missing', withTensors((all) => all.delete('markov.b'))],
    ['a tensor too many', 'parameter extra is unknown', withTensors((all) => all.set('extra', zeros(1)))],
    ['one named like a method', 'parameter toString is unknown', withTensors((all) => all.set('toString', zeros(1)))],
    [
      'integers',
      'parameter head_bias is I32',
      withTensors((all) => all.set('head_bias', tensorOf('I32', [8], new Int32Array(8)))),
    ],
    ['no list of tokens', 'the list of tokens is missing', withTensors((all) => all.delete('tokens'))],
    ['a list of floats', 'the list of tokens is missing', withTensors((all) => all.set('tokens', zeros(2)))],
    ['a token beyond the vocabulary', "token 20 is not in the target's vocabulary", withHot(1, 20)],
    ['a negative token', "token -1 is not in the target's vocabulary", withHot(-1)],
    ['a token twice', 'token 3 is listed twice', withHot(3, 1, 3)],
    ['a token of the draft', 'token 4 is listed twice', withHot(1, 4)],
    ['too many tokens', '4 hot tokens, at most 3', withHot(1, 3, 5, 7)],
    ['no bytes', 'not a whole safetensors file', new Uint8Array()],
  ]

  it.each(damages)('with %s', async (_, reason, weights) => {
    await expectRefused(filesOf('adp_1', weights, base), reason)
  })

  it.each([
    ['of another draft', 'it belongs to another static draft', { base_model_name_or_path: 'f'.repeat(64) }],
    ['of no draft', 'adapter_config.json is not understood', {}],
    ['with impossible figures', 'adapter_config.json is not understood', { ...base, foretoken: { acceptance: [2] } }],
  ])('%s', async (_, reason, config) => {
    await expectRefused(filesOf('adp_1', encode(whole), config), reason)
  })

  it.each([ADAPTER_CONFIG_FILE, ADAPTER_WEIGHTS_FILE])('without its %s', async (name) => {
    const { ref, files } = good(1)
    await expectRefused({ ref, files: new Map([...files].filter(([each]) => each !== name)) }, `${name} is missing`)
  })

  it('whose configuration is not JSON', async () => {
    const { ref, files } = good(1)
    const damaged = new Map([...files, [ADAPTER_CONFIG_FILE, new Uint8Array(9)]])
    await expectRefused({ ref, files: damaged }, 'adapter_config.json is not understood')
  })

  it('cut at any byte, whether its ref names the whole or the part', async () => {
    const { ref, files } = good(1)
    const weights = files.get(ADAPTER_WEIGHTS_FILE) ?? new Uint8Array()
    await fc.assert(
      fc.asyncProperty(fc.nat(weights.length - 1), async (length) => {
        const part = weights.subarray(0, length)
        await expectRefused(filesOf('adp_1', part, base), 'not a whole safetensors file')
        await expectRefused(
          { ref, files: new Map([...files, [ADAPTER_WEIGHTS_FILE, part]]) },
          'its bytes are not those',
        )
      }),
      { numRuns: 40 },
    )
  })

  it('with any byte changed', async () => {
    const { ref, files } = good(1)
    const weights = files.get(ADAPTER_WEIGHTS_FILE) ?? new Uint8Array()
    await fc.assert(
      fc.asyncProperty(fc.nat(weights.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const damaged = weights.slice()
        damaged[at] = (damaged[at] ?? 0) ^ flip
        await expectRefused(
          { ref, files: new Map([...files, [ADAPTER_WEIGHTS_FILE, damaged]]) },
          'its bytes are not those',
        )
      }),
      { numRuns: 40 },
    )
  })

  it('and its tenant goes on with the static draft alone', async () => {
    const { adapters, live, answer, refused } = pool()
    adapters.want('ten_a', good(2).ref)
    await answer('ten_a', good(2))
    const broken = filesOf('adp_1', withNumber('head_bias', Number.NaN), base)
    adapters.want('ten_a', broken.ref)
    await answer('ten_a', broken)
    expect(live('ten_a')).toBeUndefined()
    adapters.want('ten_a', broken.ref)
    await turns(20)
    expect(refused.length).toBe(1)
    adapters.want('ten_a', good(2).ref)
    await answer('ten_a', good(2))
    expect(live('ten_a')).toBe('adp_2')
  })

  async function expectRefused(stored: StoredFiles, reason: string): Promise<void> {
    const { adapters, live, answer, refused } = pool()
    adapters.want('ten_a', stored.ref)
    await answer('ten_a', stored)
    await turns(2)
    expect(live('ten_a')).toBeUndefined()
    expect(refused.length).toBe(1)
    expect(refused[0]).toContain(`ten_a adp_1: ${reason}`)
  }
})
