import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Decision } from './decision.ts'
import { decideRound } from './round.ts'
import type { SchedulerState } from './state.ts'
import { anyState, NOW_MS, SCARCE } from './testing/arbitrary.ts'

function decided(state: SchedulerState): { all: Decision[]; trained: Set<string> } {
  const all = [...decideRound(state, NOW_MS, SCARCE).decisions]
  return { all, trained: new Set(all.filter(({ kind }) => kind === 'train').map(({ tenant }) => tenant)) }
}

describe('a round, whatever the state', () => {
  it('never plans more training than the budget has left', () => {
    fc.assert(
      fc.property(anyState, (state) => {
        const costs = decided(state).all.map(({ kind, inputs }) => (kind === 'train' ? (inputs.costMs ?? 0) : 0))
        const planned = costs.reduce((sum, cost) => sum + cost, 0)
        expect(planned).toBeLessThanOrEqual(Math.max(0, SCARCE.training.budgetMs - state.budget.spentMs) + 1e-6)
      }),
    )
  })

  it('trains nobody who opted out, is held, has a run open or a candidate on trial', () => {
    let runs = 0
    fc.assert(
      fc.property(anyState, (state) => {
        const { trained } = decided(state)
        runs += trained.size
        for (const { tenant, learning, control, runOpen, trial } of state.tenants) {
          if (!learning || control === 'held' || runOpen || trial) expect(trained.has(tenant)).toBe(false)
        }
      }),
      { numRuns: 400 },
    )
    expect(runs).toBeGreaterThan(50)
  })

  it('trains who was ordered before anybody else', () => {
    fc.assert(
      fc.property(anyState, (state) => {
        const { all, trained } = decided(state)
        const byTenant = new Map(state.tenants.map((each) => [each.tenant, each]))
        const isOrdered = (tenant: string) => byTenant.get(tenant)?.control === 'ordered'
        const left = all.filter(({ kind, reason }) => kind === 'wait' && reason.includes('the budget has no room'))
        if (left.length > 0) for (const tenant of trained) expect(isOrdered(tenant)).toBe(true)
      }),
    )
  })

  it('keeps no more bytes in memory, on disk and in the store than each has', () => {
    fc.assert(
      fc.property(anyState, (state) => {
        const bytesOf = new Map(state.tenants.map(({ tenant, live }) => [tenant, live?.bytes ?? 0]))
        const held = { 'keep-hot': 0, 'keep-on-disk': 0, 'keep-in-store': 0 }
        for (const { kind, tenant } of decided(state).all) {
          if (kind === 'keep-hot' || kind === 'keep-on-disk' || kind === 'keep-in-store') {
            held[kind] += bytesOf.get(tenant) ?? 0
          }
        }
        const { hotBytesMax, diskBytesMax, storeBytesMax } = SCARCE.memory
        expect(held['keep-hot']).toBeLessThanOrEqual(hotBytesMax)
        expect(held['keep-on-disk']).toBeLessThanOrEqual(diskBytesMax)
        expect(held['keep-hot'] + held['keep-on-disk'] + held['keep-in-store']).toBeLessThanOrEqual(storeBytesMax)
      }),
    )
  })

  it('brings no weights back that are gone', () => {
    fc.assert(
      fc.property(anyState, (state) => {
        const gone = state.tenants.filter(({ live }) => live?.place === 'nowhere' || live?.place === 'cheap-parts')
        const names = new Set(gone.map(({ tenant }) => tenant))
        const kept = decided(state).all.filter(({ kind }) =>
          ['keep-hot', 'keep-on-disk', 'keep-in-store'].includes(kind),
        )
        for (const { tenant } of kept) expect(names.has(tenant)).toBe(false)
      }),
    )
  })

  it('tells about every tenant, in finite figures and one sentence, and what else there was', () => {
    fc.assert(
      fc.property(anyState, (state) => {
        const { all } = decided(state)
        expect(new Set(all.map(({ tenant }) => tenant)).size).toBe(state.tenants.length)
        for (const { value, inputs, alternatives, reason } of all) {
          expect([value, ...Object.values(inputs)].every(Number.isFinite)).toBe(true)
          expect(alternatives.length).toBeGreaterThan(0)
          expect(reason).toMatch(/^[A-Z0-9].*\.$/)
          expect(reason).not.toMatch(/NaN|undefined|null|Infinity/)
        }
      }),
    )
  })

  it('gives the same decisions for the same state, and as changes those that change something', () => {
    fc.assert(
      fc.property(anyState, (state) => {
        const round = decideRound(state, NOW_MS, SCARCE)
        expect([...round.decisions]).toEqual(decided(state).all)
        expect([...round.changes]).toEqual([...round.decisions].filter(({ changes }) => changes))
      }),
    )
  })
})
