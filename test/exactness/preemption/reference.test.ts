import { SuffixSpeculator } from '@foretoken/drafting'
import type { GenerationRequest } from '@foretoken/engine'
import { type LoadedModel, loadModel } from '@foretoken/model'
import { referenceTargetFolder } from '@foretoken/reference-target'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CompletionRequest, request } from '../../engine/generate.ts'
import { workloadPrompts } from '../../workloads/prompts.ts'
import { ScriptedNeural, truthKey } from '../scripted-neural.ts'
import { budgetOf, type Served, serve } from './serve.ts'

let model: LoadedModel
let asked: GenerationRequest[]

const SPECULATIONS: readonly NonNullable<CompletionRequest['speculation']>[] = [
  { arm: 'auto' },
  { arm: 'static', lookahead: 4 },
  { arm: 'none' },
  { arm: 'suffix', lookahead: 8 },
]

beforeAll(async () => {
  model = await loadModel(referenceTargetFolder, { weights: 'fp32' })
  const logitBias = new Map(model.tokenizer.eosIds.map((id) => [id, -1e9]))
  const settings = [
    {},
    { temperature: 1 },
    { temperature: 0.8, presencePenalty: 0.6, repetitionPenalty: 1.1, topP: 0.95 },
  ]
  asked = workloadPrompts(5).map(({ prompt }, index) => {
    const tokens = model.tokenizer.encodeChat([{ role: 'user', content: prompt }], { addGenerationPrompt: true })
    const sampling = { ...settings[index % settings.length], logitBias, seed: BigInt(index) }
    const wanted = { tenant: `ten_${index % 2}`, prompt: tokens, tokensMax: 150, sampling, learn: true }
    const speculation = SPECULATIONS[index % SPECULATIONS.length] ?? { arm: 'none' }
    return { ...request({ ...wanted, speculation }), choices: index % 3 === 1 ? 2 : 1 }
  })
})

afterAll(() => model?.target.close())

test('the reference target says the same, and leaves the same to learn from, with hardly any memory', async () => {
  const { target, tokenizer } = model
  const { layers, keyValueHeads, headDim } = target.shape
  const parts = { target, tokens: tokenizer }
  const plain = await serve(
    asked.map((each): GenerationRequest => ({ ...each, speculation: { arm: 'none' } })),
    { ...parts, speculators: [], alone: true },
  )
  const truth = asked.map(({ id, prompt, sampling }): [string, readonly number[]] => {
    return [truthKey(prompt, sampling.temperature), plain.choices.get(`${id} 0`)?.tokens ?? []]
  })
  const speculators = [
    new SuffixSpeculator({ endIds: tokenizer.eosIds }),
    new ScriptedNeural(new Map(truth), target.shape),
  ]
  const arenaBytes = 8 * 64 * layers * 2 * keyValueHeads * headDim * 4
  const tight = await serve(asked, { ...parts, speculators, options: budgetOf(arenaBytes) })
  expect(tight.preemptions).toBeGreaterThan(1)
  expect(tight.cacheUsageMax).toBeLessThanOrEqual(1)
  expect(tight.choices).toEqual(plain.choices)
  expectSameTraces(tight, plain)
}, 240_000)

function expectSameTraces(got: Served, expected: Served): void {
  const byTokens = ({ traces }: Served) =>
    [...traces.values()].flat().sort((one, other) => (one.tokens.join() < other.tokens.join() ? -1 : 1))
  const [seen, wanted] = [byTokens(got), byTokens(expected)]
  expect(seen.map(({ tokens }) => tokens)).toEqual(wanted.map(({ tokens }) => tokens))
  for (const [index, { topLogprobs, hidden }] of seen.entries()) {
    const other = wanted[index]
    expect(hidden.length).toBe(other?.hidden.length)
    // Rounding differs with the rows of a run.
    const farthest = topLogprobs.reduce((far, value, at) => {
      return Math.max(far, Math.abs(value - (other?.topLogprobs[at] ?? Number.NaN)))
    }, 0)
    expect(farthest).toBeLessThan(0.001)
  }
}
