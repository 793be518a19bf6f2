import { DEFAULT_RULES, whatIf } from '@foretoken/policy'
import { describe, expect, it } from 'vitest'
import { rulePaths, withRules } from './rules.ts'

const averages = { fast: 2, slow: 2, count: 1_000 }
const tenant = {
  tenant: 'ten_a',
  ...{ plan: 'standard', learning: true, control: 'auto' as const },
  ...{ requestsPerDay: 2_000, tokensPerDay: 100_000, targetMsPerDay: 300_000 },
  ...{ tokensNew: 20_000, tokensUsable: 20_000, requestsUsable: 400, enoughSinceMs: null },
  ...{ static: averages, adaptive: averages, cusum: 0, arm: 'adaptive' as const },
  ...{ outcomes: [], lastTrainedMs: null, runOpen: false, live: null, trial: null },
}
const recorded = {
  nowMs: 12 * 3_600_000,
  rules: DEFAULT_RULES,
  state: { tenants: [tenant], budget: { periodStartMs: 0, spentMs: 0 } },
}

describe('a what-if', () => {
  it('names what other rules would have decided, and why', () => {
    const [difference] = whatIf(recorded, withRules(DEFAULT_RULES, ['budgetMs=1']))
    expect(difference).toMatchObject({ tenant: 'ten_a', before: { kind: 'train' }, after: { kind: 'wait' } })
    expect([...whatIf(recorded, withRules(DEFAULT_RULES, ['training.price=0.9']))]).toEqual([])
  })

  it('changes exactly the rules that are named', () => {
    const changed = withRules(DEFAULT_RULES, ['training.horizonDays=3', 'canaryShare=0.1'])
    const differing = [...rulePaths(changed)].filter(([path, value]) => rulePaths(DEFAULT_RULES).get(path) !== value)
    expect(differing).toEqual([
      ['training.horizonDays', 3],
      ['promotion.canaryShare', 0.1],
    ])
  })

  it.each([
    ['nonsense=1', /names no rule.*training\.budgetMs/],
    ['budgetMs=much', /expected a number/],
    ['budgetMs', /expected a number/],
  ])('refuses %s in one sentence', (change, sentence) => {
    expect(() => withRules(DEFAULT_RULES, [change])).toThrow(sentence)
  })
})
