import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { exampleRollout } from './example-rollout.ts'
import { play, summarise } from './index.ts'
import { writeReport } from './report.ts'
import { advantages, rewardOf } from './reward.ts'
import { TINY } from './settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'foretoken-rollouts-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('the rollouts benchmark', () => {
  it('plays updates of a target that changes, with each way of keeping a draft, and draws them', async () => {
    const { results, plain, parts } = await play(TINY, `test-${process.pid}`, () => {})
    await parts.delete()
    expect(results.map(({ update }) => update)).toEqual([0, 1, 2])
    expect(results[0]).toMatchObject({ divergence: 0, rollouts: 8 })
    // It moved, and the drafts with it: from the second update on each way is another draft.
    expect(results[2]?.divergence).not.toBe(0)
    expect(Object.keys(results[0]?.arms ?? {})).toEqual(['static'])
    expect(Object.keys(results[2]?.arms ?? {})).toEqual(['static', 'kept', 'retrained', 'anew'])
    for (const { arms } of results) {
      for (const figures of Object.values(arms)) {
        expect(figures.again.acceptanceLength).toBeGreaterThanOrEqual(1)
        expect(figures.again.tokensPerSecond).toBeGreaterThan(0)
      }
    }
    const { medians, ratios } = summarise(results, plain)
    for (const figure of Object.values({ ...medians, ...ratios })) expect(figure).toBeGreaterThan(0)
    await writeReport(folder, results, { origin: 'a test', plain })
    expect(readFileSync(join(folder, 'rollouts.md'), 'utf8')).toContain('| retrained from its parent |')
    expect(readFileSync(join(folder, 'rollouts.svg'), 'utf8')).toContain('trained anew')
  }, 240_000)

  it('rewards form and brevity, and compares answers to one prompt with each other alone', () => {
    const json = exampleRollout({ task: 'extract', text: '{"a": 1}', tokens: 10 })
    expect(rewardOf(json, 100)).toBe(0.95)
    expect(rewardOf({ ...json, text: '{"a": 1' }, 100)).toBe(-0.05)
    expect(rewardOf(exampleRollout({ task: 'math', text: 'so it is 12.', tokens: 10 }), 100)).toBe(0.95)
    const longer = exampleRollout({ task: 'extract', text: '{"a": 1}', tokens: 30 })
    const other = exampleRollout({ task: 'extract', text: '{', tokens: 10, prompt: 7 })
    const [better, worse, ...rest] = advantages([json, longer, other], 100)
    expect(rest).toEqual([]) // alone in its group
    expect([better?.trace, worse?.trace]).toEqual([json.trace, longer.trace])
    expect(better?.weight).toBeCloseTo(1 / 50, 9)
    expect(worse?.weight).toBeCloseTo(-1 / 50, 9)
  })
})
