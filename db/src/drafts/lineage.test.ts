import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  advance,
  isOnTrial,
  type LineageEntry,
  mayBecome,
  oblivion,
  promotion,
  rejection,
  type StateChange,
  trialOf,
} from './lineage.ts'

type Step =
  | { kind: 'train' }
  | { kind: 'promote' | 'reject' | 'lose files' | 'try' | 'go on from shadow' | 'go on from canary'; pick: number }
  | { kind: 'roll back' | 'forget' }

const pick = fc.nat(20)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('train' as const) }) },
  {
    weight: 28,
    arbitrary: fc.record({
      kind: fc.constantFrom('promote', 'reject', 'lose files', 'try', 'try', 'go on from shadow', 'go on from canary'),
      pick,
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('roll back' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('forget' as const) }) },
)

/** Long ones: a rollback needs two promotions before it. */
const history = fc.array(step, { maxLength: 40, size: 'max' })

const apply = (lineage: readonly LineageEntry[], changes: readonly StateChange[]) =>
  lineage.map((entry) => ({ ...entry, state: changes.find(({ id }) => id === entry.id)?.to ?? entry.state }))

const liveOf = (lineage: readonly LineageEntry[]) => lineage.filter(({ state }) => state === 'live')

const onTrial = (lineage: readonly LineageEntry[]) => lineage.filter(isOnTrial)

function idOf(lineage: readonly LineageEntry[], action: Step): string {
  if (action.kind === 'roll back') return liveOf(lineage)[0]?.id ?? 'none'
  return ('pick' in action ? lineage[action.pick % Math.max(1, lineage.length)]?.id : undefined) ?? 'unknown'
}

function changesOf(lineage: readonly LineageEntry[], action: Step): readonly StateChange[] {
  if (action.kind === 'forget') return oblivion(lineage)
  if (action.kind === 'train' || action.kind === 'lose files') return []
  const id = idOf(lineage, action)
  if (action.kind === 'try') return trialOf(lineage, id) ?? []
  if (action.kind === 'go on from shadow') return advance(lineage, onTrial(lineage)[0]?.id ?? id, 'shadow') ?? []
  if (action.kind === 'go on from canary') return advance(lineage, onTrial(lineage)[0]?.id ?? id, 'canary') ?? []
  return action.kind === 'promote' ? (promotion(lineage, id) ?? []) : rejection(lineage, id)
}

function run(steps: readonly Step[], check: (before: LineageEntry[], after: LineageEntry[], action: Step) => void) {
  let lineage: LineageEntry[] = []
  for (const action of steps) {
    const before = lineage
    const changes = changesOf(lineage, action)
    for (const { from, to } of changes) expect(mayBecome(from, to)).toBe(true)
    lineage = apply(lineage, changes)
    if (action.kind === 'train') {
      const version = lineage.length + 1
      lineage = [...lineage, { id: `adp_${version}`, version, state: 'candidate', stored: true }]
    }
    if (action.kind === 'lose files') {
      const lost = lineage[action.pick % Math.max(1, lineage.length)]
      if (lost?.state !== 'live') {
        lineage = lineage.map((entry) => (entry === lost ? { ...entry, stored: false } : entry))
      }
    }
    check(before, lineage, action)
  }
}

describe('a lineage of drafts, whatever happens to it', () => {
  it('has at most one live version, whose files exist', () => {
    fc.assert(
      fc.property(history, (steps) => {
        run(steps, (_, after) => {
          expect(liveOf(after).length).toBeLessThanOrEqual(1)
          expect(liveOf(after).every(({ stored }) => stored)).toBe(true)
        })
      }),
    )
  })

  it('has at most one version on trial, which goes up one stage at a time', () => {
    let [tried, canaries, newlyLive] = [0, 0, 0]
    fc.assert(
      fc.property(history, (steps) => {
        run(steps, (before, after, action) => {
          expect(onTrial(after).length).toBeLessThanOrEqual(1)
          const [was] = onTrial(before)
          const is = after.find(({ id }) => id === was?.id)
          if (action.kind === 'try') tried += onTrial(after).length
          if (was?.state === 'shadow' && is?.state === 'canary') canaries++
          if (action.kind !== 'go on from canary' || is?.state !== 'live') return
          expect(was?.state).toBe('canary')
          newlyLive++
        })
      }),
      { numRuns: 500 },
    )
    expect(Math.min(tried, canaries, newlyLive)).toBeGreaterThan(0)
  })

  it('never brings a rejected version back', () => {
    fc.assert(
      fc.property(history, (steps) => {
        run(steps, (before, after) => {
          for (const { id } of before.filter(({ state }) => state === 'rejected')) {
            expect(after.find((entry) => entry.id === id)?.state).toBe('rejected')
          }
        })
      }),
    )
  })

  it('falls back to the newest good version when the live one is rejected, and changes nothing when told again', () => {
    let rollbacks = 0
    fc.assert(
      fc.property(history, (steps) => {
        run(steps, (before, after, action) => {
          if (action.kind !== 'reject' && action.kind !== 'roll back') return
          const id = idOf(before, action)
          expect(rejection(after, id)).toEqual([])
          const [live] = liveOf(before)
          if (live?.id !== id) return expect(liveOf(after)).toEqual(liveOf(before))
          const good = before.filter(({ state, stored }) => state === 'retired' && stored).map(({ version }) => version)
          rollbacks += good.length > 0 ? 1 : 0
          expect(liveOf(after).map(({ version }) => version)).toEqual(good.length > 0 ? [Math.max(...good)] : [])
        })
      }),
      { numRuns: 500 },
    )
    expect(rollbacks).toBeGreaterThan(0)
  })

  it('promotes nothing twice, nothing that was replaced, and nothing without files', () => {
    const entry = { id: 'adp_1', version: 1, stored: true } as const
    for (const state of ['live', 'retired', 'rejected'] as const) {
      expect(promotion([{ ...entry, state }], 'adp_1')).toBeNull()
    }
    expect(promotion([{ ...entry, state: 'candidate', stored: false }], 'adp_1')).toBeNull()
    expect(promotion([], 'adp_1')).toBeNull()
    expect(promotion([{ ...entry, state: 'candidate' }], 'adp_1')).toEqual([
      { id: 'adp_1', from: 'candidate', to: 'live' },
    ])
  })
})
