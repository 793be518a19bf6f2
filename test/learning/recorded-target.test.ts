import { CostTable, SuffixSpeculator } from '@foretoken/drafting'
import { Engine, plainSampling, type Trace } from '@foretoken/engine'
import { RecordedTarget } from '@foretoken/learning/training'
import { type LoadedModel, loadModel, type Target } from '@foretoken/model'
import { referenceTargetFolder } from '@foretoken/reference-target'
import { afterAll, beforeAll, expect, it } from 'vitest'

let model: LoadedModel
beforeAll(async () => {
  model = await loadModel(referenceTargetFolder)
})
afterAll(() => model.target.close())

const PROMPTS = [
  'list all files larger than 10 MB',
  'count the lines of every file',
  'list all files larger than 20 MB',
]

/** Serves the prompts one after the other; what each step of the engine committed, and what it left behind. */
async function serve(target: Target, before: (request: number) => void) {
  const steps: number[] = []
  const traces: Trace[] = []
  const costs = new CostTable([1, 17].map((length) => ({ batch: 1, length, ms: 2 + 0.01 * length })))
  const speculators = [new SuffixSpeculator({ endIds: model.tokenizer.eosIds })]
  const engine = new Engine(
    { target, tokens: model.tokenizer, speculators, costs },
    {
      clock: () => 0, // what is drafted must not depend on how fast a target is
      sequencesMax: 1,
      observer: { decode: ({ results }) => steps.push(results[0]?.committed ?? 0) },
      traces: { record: (trace) => traces.push(trace) },
    },
  )
  for (const [at, content] of PROMPTS.entries()) {
    before(at)
    const prompt = model.tokenizer.encodeChat([{ role: 'user', content }], { addGenerationPrompt: true })
    const request = { id: `req_${at}`, tenant: 'ten_a', prompt, choices: 1, completionTokensMax: 40, learn: true }
    const sampling = plainSampling(0, 1n)
    const admission = engine.admit({ ...request, sampling, stopStrings: [], speculation: { arm: 'auto' } })
    if (!admission.ok) throw admission.error
    for await (const _ of admission.events);
  }
  await engine.drain()
  return { steps, traces }
}

it('is verified against step by step as the target that it was recorded from', async () => {
  const real = await serve(model.target, () => {})
  const recorded = new RecordedTarget(model.target)
  const played = await serve(recorded, (at) => {
    const trace = real.traces[at]
    if (trace) recorded.play(trace)
  })
  expect(real.steps.some((committed) => committed > 2)).toBe(true)
  expect(played.steps).toEqual(real.steps)
  for (const [at, trace] of real.traces.entries()) {
    expect([...(played.traces[at]?.tokens ?? [])]).toEqual([...trace.tokens])
    expect([...(played.traces[at]?.hidden ?? [])]).toEqual([...trace.hidden])
  }
})
