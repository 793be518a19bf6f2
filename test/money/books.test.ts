import { checkBooks } from '@foretoken/db'
import { temporaryDatabase } from '@foretoken/db/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { World } from './world.ts'

/** More, and others: FORETOKEN_MONEY_OPERATIONS=100000 FORETOKEN_MONEY_SEED=2. */
const OPERATIONS = Number(process.env.FORETOKEN_MONEY_OPERATIONS ?? 1_500)
const SEED = Number(process.env.FORETOKEN_MONEY_SEED ?? 1)

const small = fc.nat({ max: 1_000 })
const operations = fc.record({
  kind: fc.oneof(
    ...(
      [
        [20, 'begin'],
        [30, 'deliver'],
        [16, 'finish'],
        [8, 'journal'],
        [2, 'die'],
        [2, 'again'],
        [2, 'late'],
        [2, 'release'],
        [6, 'pass'],
        [1, 'night'],
        [2, 'limit'],
      ] as const
    ).map(([weight, kind]) => ({ weight, arbitrary: fc.constant(kind) })),
  ),
  ...{ which: small, other: small, amount: small },
})
type Operation = typeof operations extends fc.Arbitrary<infer Value> ? Value : never

test('ledger, limits and attempts agree with the books in memory to the last unit, whatever dies in between', async () => {
  const { url, drop } = await temporaryDatabase()
  const world = await World.open(url)
  const played = new Map<string, number>()
  const stream = fc.sample(operations, { numRuns: OPERATIONS, seed: SEED })
  try {
    for (const [at, operation] of stream.entries()) {
      await play(world, operation)
      played.set(operation.kind, (played.get(operation.kind) ?? 0) + 1)
      if (at % 100 === 0) await world.compare()
    }
    for (const running of [...world.running.values()]) await world.finish(running, 'completed', null)
    world.pass(60_000)
    await world.release()
    await world.compare()
    expect(await checkBooks(world.db)).toEqual([])
    expect(
      [...world.books.accounts.values()].every(({ streams, reservedNano }) => streams === 0 && reservedNano === 0n),
    ).toBe(true)
    expect(played.size).toBe(11)
    expect(world.books.bills.size).toBeGreaterThan(OPERATIONS / 20)
  } finally {
    await world.db.close()
    await drop()
  }
}, 1_800_000)

async function play(world: World, { kind, which, other, amount }: Operation): Promise<void> {
  const pick = <T>(from: readonly T[]): T | undefined => from[which % Math.max(1, from.length)]
  const running = pick([...world.running.values()])
  const owner = pick(world.owners)
  const lost = pick(world.lost)
  switch (kind) {
    case 'begin':
      if (owner) await world.begin(owner, other, { prompt: 1 + (amount % 50), wanted: 1 + (other % 40) })
      break
    case 'again':
      if (lost) await world.begin(lost.request, other, { prompt: lost.promptTokens, wanted: 1 + (amount % 40) }, lost)
      break
    case 'late':
      if (lost) await world.lateWord(lost)
      break
    case 'deliver':
      if (running) await world.deliver(running, amount % 60)
      break
    case 'finish': {
      const status = (['completed', 'completed', 'cancelled', 'failed'] as const)[other % 4] ?? 'completed'
      const fault = (['before', 'after', 'often', null, null, null] as const)[amount % 6] ?? null
      if (running) await world.finish(running, status, fault)
      break
    }
    case 'journal':
      await world.journal(which)
      break
    case 'die':
      await world.gatewayDies(which)
      break
    case 'release':
      await world.release()
      break
    case 'pass':
      world.pass(amount * 3)
      break
    case 'night':
      world.pass(amount * 60_000)
      break
    case 'limit':
      if (owner) await world.limit(owner, other % 2 === 0, limitsOf(which, amount))
      break
  }
}

function limitsOf(which: number, amount: number) {
  const nano = BigInt(amount) * 2_000n
  const choices = [
    { requestsPerMinute: 1 + amount },
    { streamsMax: 1 + (amount % 20) },
    { dayNanoMax: nano },
    { monthNanoMax: 10n * nano },
    { requestsPerMinute: null, streamsMax: null },
    { dayNanoMax: null, monthNanoMax: null },
  ]
  return choices[which % choices.length] ?? {}
}
