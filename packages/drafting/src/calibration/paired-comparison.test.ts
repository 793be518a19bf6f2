import { expect, it } from 'vitest'
import { drawAt } from '../controller/draw.ts'
import { COMPARE_EVERY, PairedComparison, PROBATION_STEPS } from './paired-comparison.ts'

/** Accepted tokens of a chain of 5 whose tokens survive with this chance. */
function accepted(chance: number, seed: number, step: number): number {
  const taken = [0, 1, 2, 3, 4].map((at) => drawAt(seed, step * 5 + at) < chance)
  return taken.includes(false) ? taken.indexOf(false) : 5
}

/** Steps until the verdict falls; undefined when it does not. Both chains are drawn independently, the noisiest case. */
function fallsAfter(steps: number, difference: (step: number) => number): number | undefined {
  const comparison = new PairedComparison()
  for (let step = 0; step < steps; step++) {
    if (!comparison.wants()) continue
    comparison.observe(difference(step))
    if (!comparison.verdict().keep) return step + 1
  }
}

const SEEDS = Array.from({ length: 200 }, (_, seed) => seed + 1)
const against = (own: number, shared: number, seed: number) => (step: number) =>
  accepted(own, seed, step) - accepted(shared, seed + 1_000, step)

it('an adapter that is much worse goes within 64 steps, whatever the luck', () => {
  for (const seed of SEEDS) expect(fallsAfter(64, against(0.02, 0.6, seed))).toBeDefined()
})

it('one that drafts nothing goes at the end of probation, also where the static draft hardly drafts either', () => {
  for (const seed of SEEDS) expect(fallsAfter(200, against(0, 0.1, seed))).toBeLessThanOrEqual(PROBATION_STEPS)
  expect(fallsAfter(200, () => 0)).toBe(PROBATION_STEPS)
})

it('a better one stays for weeks, and one that is barely better nearly always', () => {
  for (const seed of SEEDS) expect(fallsAfter(4_000, against(0.75, 0.6, seed))).toBeUndefined()
  const lost = SEEDS.filter((seed) => fallsAfter(4_000, against(0.66, 0.6, seed)))
  expect(lost.length).toBeLessThanOrEqual(0.05 * SEEDS.length)
})

it('one that wins seldom but much is not judged before it could have', () => {
  const seldom = (seed: number) => (step: number) => {
    const draw = drawAt(seed, step)
    return draw < 0.15 ? 4 : draw < 0.45 ? -1 : 0
  }
  const lost = SEEDS.filter((seed) => fallsAfter(4_000, seldom(seed)))
  expect(lost.length).toBeLessThanOrEqual(0.02 * SEEDS.length)
})

it('a good one whose traffic changes goes within 2,000 steps', () => {
  for (const seed of SEEDS.slice(0, 50)) {
    const [before, after] = [against(0.75, 0.6, seed), against(0.35, 0.6, seed)]
    const fell = fallsAfter(3_000, (step) => (step < 1_000 ? before(step) : after(step))) ?? Number.NaN
    expect(fell).toBeGreaterThan(1_000)
    expect(fell).toBeLessThan(3_000)
  }
})

it('wants every draft compared on probation, then one in COMPARE_EVERY, however many sequences ask', () => {
  const comparison = new PairedComparison()
  for (let step = 0; step < PROBATION_STEPS; step++) {
    expect(comparison.wants()).toBe(true)
    comparison.observe(1)
  }
  const asked = Array.from({ length: 100 * COMPARE_EVERY }, () => comparison.wants())
  expect(asked.filter(Boolean).length).toBe(100)
})

it('says in its reason what was found', () => {
  const comparison = new PairedComparison()
  for (let step = 0; step < 40; step++) comparison.observe(step % 2 ? -1 : -2)
  expect(comparison.verdict()).toEqual({
    keep: false,
    reason: 'Over 40 steps the target took 1.50 tokens a step fewer of it than of the static draft.',
  })
})
