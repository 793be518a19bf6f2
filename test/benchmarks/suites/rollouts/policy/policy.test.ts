import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEngine, TRACE_TOP, type Trace } from '@foretoken/engine'
import { loadModel } from '@foretoken/model'
import { referenceTargetFolder } from '@foretoken/reference-target'
import { afterAll, expect, it } from 'vitest'
import { complete } from '../../../../engine/generate.ts'
import { Policy } from './policy.ts'

const root = mkdtempSync(join(tmpdir(), 'foretoken-policy-'))
afterAll(() => rmSync(root, { recursive: true }))
const PROMPTS = ['list all files', 'What is 3 + 4?', 'find large files in the home folder']

/** Greedy answers of the target in a folder, with what it thought of its tokens. */
async function answers(folder: string): Promise<Trace[]> {
  const model = await loadModel(folder)
  const traces: Trace[] = []
  const engine = await startEngine(model, [], { lookaheadMax: 0, traces: { record: (trace) => traces.push(trace) } })
  for (const content of PROMPTS) {
    const prompt = model.tokenizer.encodeChat([{ role: 'user', content }], { addGenerationPrompt: true })
    await complete(engine, { prompt, tokensMax: 12 })
  }
  await engine.drain()
  await model.target.close()
  return traces
}

/** Mean log share of what was committed, as the engine saw it. */
function meanLogShare(traces: readonly Trace[]): number {
  const shares = traces.flatMap(({ tokens, topIds, topLogprobs }) =>
    [...tokens].map((token, at) => {
      const place = topIds.subarray(at * TRACE_TOP, (at + 1) * TRACE_TOP).indexOf(token)
      return topLogprobs[at * TRACE_TOP + place] ?? Number.NaN
    }),
  )
  return shares.reduce((sum, share) => sum + share, 0) / shares.length
}

it('begins as the target, ascends its rollouts, and what it writes is what it has become', async () => {
  const before = await answers(referenceTargetFolder)
  const policy = await Policy.open(referenceTargetFolder, 4)
  expect(await policy.meanLogShare(before)).toBeCloseTo(meanLogShare(before), 3)

  const total = before.reduce((sum, { tokens }) => sum + tokens.length, 0)
  const [first] = before
  for (let step = 0; step < 3; step++) {
    await policy.ascend(
      before.map((trace) => ({ trace, weight: (trace === first ? -1 : 1) / total })),
      2e-3,
    )
  }
  const others = before.slice(1)
  expect(await policy.meanLogShare(others)).toBeGreaterThan(await policy.meanLogShare(others, 'first'))
  expect(await policy.meanLogShare(before.slice(0, 1))).toBeLessThan(meanLogShare(before.slice(0, 1)))

  await policy.write(join(root, 'now'))
  const after = await answers(join(root, 'now'))
  expect(await policy.meanLogShare(after)).toBeCloseTo(meanLogShare(after), 3)
  expect(await policy.meanLogShare(after)).not.toBeCloseTo(await policy.meanLogShare(after, 'first'), 3)

  // What was kept goes on as it would have: the next step from there is the same.
  const [one] = after
  if (!one) throw new Error('it answered nothing')
  const again = await Policy.open(referenceTargetFolder, 4)
  again.restore(policy.saved())
  for (const each of [policy, again]) await each.ascend([{ trace: one, weight: 1 }], 1e-3)
  expect(await again.meanLogShare(after)).toBeCloseTo(await policy.meanLogShare(after), 5)
  await policy.close()
  await again.close()
})
