import { SuffixSpeculator } from '@foretoken/drafting'
import { type Constraint, Engine } from '@foretoken/engine'
import { type LoadedModel, loadModel } from '@foretoken/model'
import { kernels } from '@foretoken/native'
import { referenceTargetFolder } from '@foretoken/reference-target'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Completion, type CompletionRequest, complete, mapConcurrently } from '../engine/generate.ts'
import { cheapCosts } from '../exactness/cheap-costs.ts'
import { workloadPrompts } from '../workloads/prompts.ts'
import { compilerOf, json } from './compiled.ts'
import { randomText } from './random-text.ts'
import { schemas } from './schemas/index.ts'
import { faultOf } from './validator.ts'

/** All of the target of issue 11: STRUCTURED_SCHEMAS=200 STRUCTURED_PROMPTS=5. */
const SCHEMAS = Number(process.env.STRUCTURED_SCHEMAS ?? 56)
const PROMPTS = Number(process.env.STRUCTURED_PROMPTS ?? 1)
const TOKENS = 120
/** Random texts for each schema. */
const SEEDS = 1 + PROMPTS

const all = schemas(200)

describe.runIf(kernels)('JSON of a schema', () => {
  let model: LoadedModel
  let constraints: Constraint[]

  beforeAll(async () => {
    model = await loadModel(referenceTargetFolder, { weights: 'fp32' })
    const compiler = compilerOf(model.tokenizer, model.target.shape.vocabularySize)
    constraints = await Promise.all(all.map(({ schema }) => compiler.compile('ten_a', json(schema), 'response_format')))
  }, 60_000)
  afterAll(() => model?.target.close())

  test('is valid for somebody else whatever tokens are drawn', () => {
    let whole = 0
    for (const [at, { name, schema }] of all.entries()) {
      for (let seed = 0; seed < SEEDS; seed++) {
        const constraint = constraints[at]
        const text = constraint && randomText(constraint, model.tokenizer, SEEDS * at + seed, 300)
        if (text === undefined) continue
        whole++
        expect({ name, text, fault: faultOf(schema, text) }).toEqual({ name, text, fault: undefined })
      }
    }
    expect(whole).toBeGreaterThan(0.8 * SEEDS * all.length)
  }, 120_000)

  test('is what the model writes, the same bytes with speculation and without', async () => {
    const prompts = workloadPrompts(7 * PROMPTS).map(({ prompt }) => prompt)
    const requests = all.slice(0, SCHEMAS).flatMap((_, at) =>
      Array.from({ length: PROMPTS }, (_, turn): CompletionRequest => {
        const content = prompts[(at * PROMPTS + turn) % prompts.length] ?? ''
        const prompt = model.tokenizer.encodeChat([{ role: 'user', content }], { addGenerationPrompt: true })
        const [constraint, seed] = [constraints[at], BigInt(at * PROMPTS + turn)]
        // Small models go round in circles; penalties lead them out, and meet constraints.
        const sampling = (at + turn) % 2 === 0 ? { frequencyPenalty: 0.6 } : { temperature: 0.9, topP: 0.95, seed }
        return { prompt, tokensMax: TOKENS, sampling, ...(constraint && { constraint }) }
      }),
    )
    const plain = await serve(model, requests, { arm: 'none' })
    const drafted = await serve(model, requests, { arm: 'auto' })
    let whole = 0
    for (const [at, { text, reason, tokens }] of plain.entries()) {
      const { name, schema } = all[Math.floor(at / PROMPTS)] ?? { name: '', schema: {} }
      expect({ name, text: drafted[at]?.text, tokens: drafted[at]?.tokens }).toEqual({ name, text, tokens })
      if (reason !== 'stop') continue // cut by its limit
      whole++
      expect({ name, text, fault: faultOf(schema, text) }).toEqual({ name, text, fault: undefined })
    }
    const steps = (of: readonly Completion[]) => of.reduce((sum, { speculation }) => sum + speculation.steps, 0)
    console.info(`${whole} of ${plain.length} texts ended, all valid; ${steps(drafted)} steps for ${steps(plain)}`)
    expect(whole).toBeGreaterThan(0.7 * plain.length)
    expect(steps(drafted)).toBeLessThan(0.8 * steps(plain))
  }, 1_200_000)
})

test.runIf(kernels)(
  'JSON of a schema is valid also where ONNX Runtime runs the target',
  async () => {
    const model = await loadModel(referenceTargetFolder, { weights: 'fp32', runtime: 'onnx' })
    const compiler = compilerOf(model.tokenizer, model.target.shape.vocabularySize)
    const requests = await Promise.all(
      all.slice(0, 8).map(async ({ schema }): Promise<CompletionRequest> => {
        const prompt = model.tokenizer.encodeChat([{ role: 'user', content: 'Hello' }], { addGenerationPrompt: true })
        const constraint = await compiler.compile('ten_a', json(schema), 'x')
        return { prompt, tokensMax: TOKENS, sampling: { frequencyPenalty: 0.6 }, constraint }
      }),
    )
    const faults = (await serve(model, requests, { arm: 'auto' })).map(({ text, reason }, at) =>
      reason === 'stop' ? faultOf(all[at]?.schema ?? {}, text) : 'cut',
    )
    await model.target.close()
    expect(faults.filter((fault) => fault !== 'cut')).toEqual(
      faults.flatMap((fault) => (fault === 'cut' ? [] : [undefined])),
    )
    expect(faults).toContain(undefined)
  },
  120_000,
)

async function serve(
  model: LoadedModel,
  requests: readonly CompletionRequest[],
  speculation: NonNullable<CompletionRequest['speculation']>,
): Promise<Completion[]> {
  const { target, tokenizer } = model
  const speculators = [new SuffixSpeculator({ endIds: tokenizer.eosIds })]
  const engine = new Engine({ target, tokens: tokenizer, speculators, costs: cheapCosts() })
  try {
    return await mapConcurrently(requests, 8, (wanted) => complete(engine, { ...wanted, speculation }))
  } finally {
    await engine.drain()
  }
}
