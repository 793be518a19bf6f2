import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bucketRows, play, type SimulatedRequest, type Step } from './testing.ts'

const PROMPT_MAX = 200
const COMPLETION_MAX = 120
const SLOTS = 6
/** What all slots together can be served of a request each. */
const IN_FLIGHT = SLOTS * (PROMPT_MAX + 2 * COMPLETION_MAX)

const tenant = fc.constantFrom('ten_a', 'ten_b', 'ten_c', 'ten_d')
const sizes = {
  prompt: fc.integer({ min: 1, max: PROMPT_MAX }),
  completion: fc.integer({ min: 1, max: COMPLETION_MAX }),
}
const requests = fc.array(fc.record({ tenant, arrivesAt: fc.nat(300), ...sizes }), { minLength: 1, maxLength: 40 })

function backlog(owner: string, count: number, arrivesAt: number): fc.Arbitrary<SimulatedRequest[]> {
  const cachedShare = fc.constantFrom(0, 0.5, 0.95)
  const one = fc
    .record({ tenant: fc.constant(owner), arrivesAt: fc.constant(arrivesAt), ...sizes, cachedShare })
    .map(({ cachedShare, ...request }) => ({ ...request, cached: Math.floor(request.prompt * cachedShare) }))
  return fc.array(one, { minLength: count, maxLength: count })
}

describe('whatever comes', () => {
  test('everybody ends once, whoever came first in a tenant starts first, and no budget is ever exceeded', () => {
    let total = 0
    const completion = fc.integer({ min: 1, max: 600 })
    const long = fc.record({ tenant, arrivesAt: fc.nat(100), ...sizes, completion, slots: fc.constantFrom(1, 1, 1, 2) })
    /** Any request alone fits. */
    const rowsMax = fc.integer({ min: 2 * 832, max: 6 * 832 })
    const scenario = fc.property(fc.array(long, { minLength: 5, maxLength: 30 }), rowsMax, (all, rows) => {
      const watch = ({ running }: Step) => {
        expect(running.reduce((sum, { slots }) => sum + slots, 0)).toBeLessThanOrEqual(SLOTS)
        expect(bucketRows(running)).toBeLessThanOrEqual(rows)
      }
      const { started, ended, preemptions } = play(all, { sequencesMax: SLOTS, rowsMax: rows, watch })
      total += preemptions
      expect(new Set(ended).size).toBe(all.length)
      const last = new Map<string, number>()
      for (const work of started) {
        expect(work.arrival).toBeGreaterThan(last.get(work.tenant) ?? -1)
        last.set(work.tenant, work.arrival)
      }
    })
    fc.assert(scenario, { numRuns: 60 })
    expect(total).toBeGreaterThan(100)
  })

  test('no slot stands empty while somebody waits who fits', () => {
    const scenario = fc.property(requests, (all) => {
      play(all, {
        sequencesMax: SLOTS,
        watch: ({ running, waiting }) => expect(waiting.length === 0 || running.length === SLOTS).toBe(true),
      })
    })
    fc.assert(scenario, { numRuns: 100 })
  })
})

describe('two tenants that both have work waiting', () => {
  test('are served alike by weight at any time, whenever each of them came and whatever is cached of their prompts', () => {
    const scenario = fc.property(
      backlog('ten_early', 60, 0),
      fc.nat(400).chain((arrivesAt) => backlog('ten_late', 30, arrivesAt)),
      fc.constantFrom(1, 2, 5),
      (early, late, weight) => {
        let lead: number | undefined
        play([...early, ...late], {
          sequencesMax: SLOTS,
          weights: { ten_late: weight },
          watch: ({ waiting, served }) => {
            const tenants = new Set(waiting.map((work) => work.tenant))
            if (tenants.size < 2) return
            const now = (served.get('ten_early') ?? 0) - (served.get('ten_late') ?? 0)
            lead ??= now // what was served before they met is no credit
            expect(Math.abs(now - lead)).toBeLessThanOrEqual(IN_FLIGHT)
          },
        })
      },
    )
    fc.assert(scenario, { numRuns: 60 })
  })
})

describe('a tenant that holds every slot', () => {
  const long = { tenant: 'ten_heavy', arrivesAt: 0, prompt: 20, completion: 4_000 }
  const heavy = Array.from({ length: 30 }, (): SimulatedRequest => long)

  test('yields to one that comes later, long before anything of its own has ended', () => {
    const light: SimulatedRequest = { tenant: 'ten_light', arrivesAt: 50, prompt: 100, completion: 50 }
    let startedAt = 0
    const { ended, preemptions } = play([...heavy, light], {
      sequencesMax: SLOTS,
      watch: ({ at, running }) => {
        if (startedAt === 0 && running.some((work) => work.tenant === 'ten_light')) startedAt = at
      },
    })
    expect(startedAt - 50).toBeLessThan(30)
    expect(ended[0]?.tenant).toBe('ten_light')
    expect(preemptions).toBe(1)
  })

  test('gives up its share, and not more, to others that have as much to do', () => {
    const late = heavy.map((request): SimulatedRequest => ({ ...request, tenant: 'ten_late', arrivesAt: 100 }))
    const { preemptions } = play([...heavy, ...late], {
      sequencesMax: SLOTS,
      watch: ({ at, running, waiting }) => {
        const own = running.filter((work) => work.tenant === 'ten_late').length
        if (at > 1_000 && waiting.some((work) => work.tenant === 'ten_late')) expect(own).toBeGreaterThanOrEqual(1)
        if (at > 1_000 && at < 3_500) expect(own).toBe(SLOTS / 2)
      },
    })
    expect(preemptions).toBeLessThan(heavy.length)
  })
})
