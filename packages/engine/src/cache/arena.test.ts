import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cacheRowBytes, KvArena } from './arena.ts'

const shape = { layers: 2, keyValueHeads: 3, headDim: 4, hiddenSize: 8, vocabularySize: 16, positionsMax: 512 }

/** The delta a run would give, every number telling which layer, side, sequence, head, token and lane it belongs to. */
function deltaOf(stamps: readonly (readonly number[])[], length: number): Float32Array {
  const delta = new Float32Array(shape.layers * 2 * stamps.length * shape.keyValueHeads * length * shape.headDim)
  let at = 0
  for (let block = 0; block < shape.layers * 2; block++)
    for (const tokens of stamps)
      for (let head = 0; head < shape.keyValueHeads; head++)
        for (let row = 0; row < length; row++)
          for (let lane = 0; lane < shape.headDim; lane++)
            delta[at++] = (tokens[row] ?? 0) * 1000 + block * 100 + head * 10 + lane
  return delta
}

function rowsOf(arena: KvArena, slot: number, count: number): number[][] {
  const view = arena.view(slot, 1)
  return [view.keys, view.values].flatMap((side, sideIndex) =>
    side.flatMap((layer, layerIndex) =>
      Array.from({ length: shape.keyValueHeads }, (_, head) =>
        Array.from({ length: count }, (_, row) => {
          const value = layer[(head * arena.capacity + row) * shape.headDim] ?? Number.NaN
          return (value - (layerIndex * 2 + sideIndex) * 100 - head * 10) / 1000
        }),
      ),
    ),
  )
}

test('each sequence keeps exactly its accepted rows through appends, paths, growth, shrinking, forks, moves and swaps', () => {
  const operation = fc.oneof(
    fc.record({
      kind: fc.constant('append' as const),
      accepted: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 3, maxLength: 3 }),
      gap: fc.option(fc.nat(39), { nil: undefined }),
    }),
    fc.record({ kind: fc.constant('copy' as const), from: fc.nat(2), to: fc.nat(2) }),
    fc.record({ kind: fc.constant('swap' as const), one: fc.nat(2), other: fc.nat(2) }),
    fc.record({ kind: fc.constant('truncate' as const), slot: fc.nat(2) }),
  )
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 20 }), fc.boolean(), (operations, native) => {
      const arena = new KvArena(shape, Number.POSITIVE_INFINITY, { native })
      const truth: number[][] = [[], [], []]
      let stamp = 1
      for (const op of operations) {
        if (op.kind === 'append') {
          const length = Math.max(...op.accepted)
          const stamps = op.accepted.map(() => Array.from({ length }, () => stamp++))
          const lengths = truth.map((rows) => rows.length)
          arena.reserve(lengths, Math.max(...lengths) + length)
          const delta = deltaOf(stamps, length)
          for (const [slot, count] of op.accepted.entries()) {
            const path = Array.from({ length: count }, (_, row) => row).filter((row) => row !== op.gap)
            const [at, run] = [truth[slot]?.length ?? 0, { batch: 3, length, index: slot }]
            if (op.gap === undefined && !native) arena.append(slot, at, delta, run, count)
            else arena.appendPath(slot, at, delta, run, path)
            truth[slot]?.push(...path.map((row) => stamps[slot]?.[row] ?? Number.NaN))
          }
        } else if (op.kind === 'copy' && op.from !== op.to && arena.capacity > 0) {
          arena.copy(op.from, op.to, truth[op.from]?.length ?? 0)
          truth[op.to] = [...(truth[op.from] ?? [])]
        } else if (op.kind === 'swap' && arena.capacity > 0) {
          const [here = [], there = []] = [truth[op.one], truth[op.other]]
          arena.swap({ slot: op.one, rows: here.length }, { slot: op.other, rows: there.length })
          truth[op.one] = there
          truth[op.other] = here
        } else if (op.kind === 'truncate') truth[op.slot] = []
        if (arena.capacity === 0) continue
        for (const [slot, rows] of truth.entries())
          for (const seen of rowsOf(arena, slot, rows.length)) expect(seen).toEqual(rows)
      }
    }),
    { numRuns: 120 },
  )
})

test('capacity follows the longest sequence up and down in buckets', () => {
  const arena = new KvArena(shape, Number.POSITIVE_INFINITY)
  arena.reserve([0], 1)
  expect(arena.capacity).toBe(64)
  arena.reserve([64], 65)
  expect(arena.capacity).toBe(128)
  arena.reserve([70], 500)
  expect(arena.capacity).toBe(512)
  arena.reserve([10], 300)
  expect(arena.capacity).toBe(512)
  arena.reserve([10], 20)
  expect(arena.capacity).toBe(64)
})

test('the memory budget is known before anything is allocated', () => {
  const arena = new KvArena(shape, 4 * 128 * cacheRowBytes(shape))
  expect(arena.fits(4, 128)).toBe(true)
  expect(arena.fits(4, 129)).toBe(false)
  expect(arena.fits(5, 128)).toBe(false)
  arena.reserve([0, 0, 0, 0], 128)
  expect(arena.bytes).toBe(4 * 128 * cacheRowBytes(shape))
})

test('whatever comes and goes, what is laid out stays within the budget, and beyond it nothing is', () => {
  const budget = 12
  const rowBytes = cacheRowBytes(shape)
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 500 }))), (wishes) => {
      const arena = new KvArena(shape, budget * 64 * rowBytes)
      for (const [slots, rows] of wishes) {
        const lengths = new Array<number>(slots).fill(0)
        const fits = slots * Math.ceil(rows / 64) <= budget
        expect(arena.fits(slots, rows)).toBe(fits)
        expect(rows <= arena.rowsAffordable(slots)).toBe(fits)
        if (!fits) expect(() => arena.reserve(lengths, rows)).toThrow(/beyond the budget/)
        else {
          arena.reserve(lengths, rows)
          expect(arena.capacity).toBeGreaterThanOrEqual(rows)
          expect(arena.view(0, slots).keys[0]?.length).toBe(
            slots * arena.capacity * shape.keyValueHeads * shape.headDim,
          )
        }
        expect(arena.bytes).toBeLessThanOrEqual(budget * 64 * rowBytes)
      }
    }),
  )
})
