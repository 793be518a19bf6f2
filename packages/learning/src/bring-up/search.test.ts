import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Judgement, nextMove, rungsOf, STEPS_MIN, stepsWithin } from './search.ts'

/** Candidates with what each is worth at each step: better or worse as it is trained, equals included. */
const worlds = fc.record({
  worth: fc.array(fc.array(fc.nat(5), { minLength: 6, maxLength: 6 }), { minLength: 1, maxLength: 12 }),
  steps: fc.integer({ min: STEPS_MIN * 8, max: 5_000 }),
})

interface World {
  readonly worth: readonly (readonly number[])[]
  readonly steps: number
}

const namesOf = ({ worth }: World) => worth.map((_, at) => `shape ${at}`)

/** Plays moves until there is a decision or `stopAfter` judgements; judgements that are there already are kept. */
function play(world: World, judged: readonly Judgement[] = [], stopAfter = Number.POSITIVE_INFINITY) {
  const names = namesOf(world)
  const rungs = rungsOf(names.length, world.steps)
  const all = [...judged]
  for (;;) {
    const move = nextMove(names, world.steps, all)
    if (move.kind === 'decide' || all.length >= stopAfter) return { move, judged: all }
    const goodput = world.worth[names.indexOf(move.candidate)]?.[rungs.indexOf(move.until)] ?? 0
    all.push({ candidate: move.candidate, step: move.until, goodput })
  }
}

describe('the search', () => {
  it('ends with the best of those that were trained to the end, and never drops a better one than it keeps', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const { move, judged } = play(world)
        if (move.kind !== 'decide') throw new Error('it did not end')
        const rungs = rungsOf(world.worth.length, world.steps)
        let alive = world.worth.length
        for (const [rung, step] of rungs.entries()) {
          const own = judged.filter((each) => each.step === step)
          expect(own).toHaveLength(alive)
          const goesOn = new Set(judged.filter((each) => each.step === rungs[rung + 1]).map((each) => each.candidate))
          const kept = own.filter(({ candidate }) => goesOn.has(candidate)).map(({ goodput }) => goodput)
          const dropped = own.filter(({ candidate }) => !goesOn.has(candidate)).map(({ goodput }) => goodput)
          if (goesOn.size > 0) expect(Math.min(...kept)).toBeGreaterThanOrEqual(Math.max(0, ...dropped))
          alive = Math.ceil(alive / 2)
        }
        const last = judged.filter(({ step }) => step === world.steps)
        const worthOf = (name: string | null) => last.find(({ candidate }) => candidate === name)?.goodput
        expect(worthOf(move.winner)).toBe(Math.max(...last.map(({ goodput }) => goodput)))
        expect(last.map(({ candidate }) => candidate)).toContain(move.winner)
        expect(move.runnerUp === null).toBe(world.worth.length === 1)
        if (move.runnerUp !== null) expect(last.map(({ candidate }) => candidate)).toContain(move.runnerUp)
      }),
    )
  })

  it('stopped after any judgement goes on to the same decision, whatever order the judgements come in', () => {
    fc.assert(
      fc.property(worlds, fc.nat(30), fc.integer(), (world, stopAfter, seed) => {
        const whole = play(world)
        const stopped = play(world, [], stopAfter)
        const shuffled = [...stopped.judged].sort((a, b) => ((a.goodput + seed) % 3) - ((b.goodput + seed) % 3))
        expect(play(world, shuffled).move).toEqual(whole.move)
      }),
    )
  })

  it('takes no longer than its budget with any outcome, and all of it where all candidates are as slow', () => {
    const paces = fc.array(fc.double({ min: 0.5, max: 500, noNaN: true }), { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(paces, fc.double({ min: 1e4, max: 1e7, noNaN: true }), worlds, (paces, budgetMs, { worth }) => {
        const most = 1e9
        const steps = stepsWithin(budgetMs, paces, most)
        const world = { worth: paces.map((_, at) => worth[at % worth.length] ?? []), steps }
        const reached = new Map<string, number>()
        for (const { candidate, step } of play(world).judged) {
          reached.set(candidate, Math.max(step, reached.get(candidate) ?? 0))
        }
        const names = namesOf(world)
        const spent = [...reached].reduce((sum, [name, step]) => sum + step * (paces[names.indexOf(name)] ?? 0), 0)
        const least = STEPS_MIN * 2 ** (rungsOf(paces.length, steps).length - 1)
        if (steps > least) expect(spent).toBeLessThanOrEqual(budgetMs * (1 + 1e-9))
        expect(rungsOf(paces.length, steps)[0]).toBeGreaterThanOrEqual(STEPS_MIN)
        expect(stepsWithin(budgetMs, paces, least)).toBe(least)
      }),
    )
    // Two of four go on: four times half of the steps and twice the other half, ten milliseconds each.
    expect(stepsWithin(30_000, [10, 10, 10, 10], 1e9)).toBe(1_000)
  })
})
