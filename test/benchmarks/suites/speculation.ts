import { SuffixSpeculator } from '@foretoken/drafting'
import { type Engine, startEngine } from '@foretoken/engine'
import { type LoadedModel, loadModel } from '@foretoken/model'
import { referenceTargetFolder } from '@foretoken/reference-target'
import { referenceWorkloads, textsOf } from '@foretoken/workloads'
import { complete } from '../../engine/generate.ts'
import { median, type Report, rounded } from '../report.ts'
import type { SuiteOptions } from '../suite.ts'

/** Completion tokens per request; the reference target ends most answers by itself before that. */
const TOKENS = 96

interface Timed {
  readonly tokensPerSecond: number
  readonly acceptanceLength: number
}

interface Pair {
  readonly workload: string
  readonly domain: string
  readonly tokens: number
  readonly plain: Timed
  readonly auto: Timed
}

/**
 * Plain decoding against the controller with the suffix arm, batch 1, the two alternating request by request.
 *
 * - fresh: every request is a new tenant's first, so only the request's own text can repeat;
 * - similar: one tenant per domain, whose earlier requests were of the same form but not the same;
 * - repeated: the same tenant asks again what it asked before, as agents, retries and batch jobs do.
 */
export async function run({ quick }: SuiteOptions): Promise<Report> {
  const model = await loadModel(referenceTargetFolder, { weights: 'fp32' })
  const engine = await startEngine(model, [new SuffixSpeculator({ endIds: model.tokenizer.eosIds })], {
    prefixCacheShare: 0, // whoever sends a prompt second must not have an advantage
  })
  const count = quick ? 4 : 16
  const pairs: Pair[] = []
  for (const workload of referenceWorkloads) {
    const domain = workload.name
    const texts = textsOf(workload, 1)
    const prompts = Array.from({ length: count }, () => tokens(model, texts.next().value))
    for (const [index, prompt] of prompts.entries())
      pairs.push(await pair(engine, 'fresh', domain, prompt, `ten_${domain}_${index}`, index))
    for (const [index, prompt] of prompts.entries())
      pairs.push(await pair(engine, 'similar', domain, prompt, `ten_${domain}`, index))
    for (const [index, prompt] of prompts.entries())
      pairs.push(await pair(engine, 'repeated', domain, prompt, `ten_${domain}`, index))
    console.error(`${domain}: ${pairs.length} pairs measured`)
  }
  await engine.drain()
  await model.target.close()
  return summarise(pairs)
}

/** The same request plain and under the controller; which goes first alternates, since machines drift. */
async function pair(
  engine: Engine,
  workload: string,
  domain: string,
  prompt: readonly number[],
  tenant: string,
  index: number,
): Promise<Pair> {
  const timed = async (arm: 'none' | 'auto') => {
    const started = performance.now()
    // Plain runs belong to another tenant, so that they don't teach the suffix index what is about to be asked.
    const completion = await complete(engine, {
      tenant: arm === 'none' ? 'ten_plain' : tenant,
      prompt,
      tokensMax: TOKENS,
      speculation: { arm },
    })
    const seconds = (performance.now() - started) / 1000
    const { steps } = completion.speculation
    const length = completion.tokens.length
    return {
      text: completion.text,
      tokens: length,
      speed: { tokensPerSecond: length / seconds, acceptanceLength: length / steps },
    }
  }
  const first = await timed(index % 2 === 0 ? 'none' : 'auto')
  const second = await timed(index % 2 === 0 ? 'auto' : 'none')
  if (first.text !== second.text) throw new Error(`speculation changed the output of ${domain} ${index}`)
  const [plain, auto] = index % 2 === 0 ? [first, second] : [second, first]
  return { workload, domain, tokens: plain.tokens, plain: plain.speed, auto: auto.speed }
}

function summarise(pairs: readonly Pair[]): Report {
  const medians: Record<string, number> = {}
  const ratios: Record<string, number> = {}
  for (const workload of ['fresh', 'similar', 'repeated']) {
    const own = pairs.filter((entry) => entry.workload === workload)
    medians[`${workload} plain tokens/s`] = rounded(median(own.map(({ plain }) => plain.tokensPerSecond)))
    medians[`${workload} auto tokens/s`] = rounded(median(own.map(({ auto }) => auto.tokensPerSecond)))
    medians[`${workload} acceptance length`] = rounded(median(own.map(({ auto }) => auto.acceptanceLength)))
    ratios[`${workload} auto/plain`] = rounded(
      median(own.map(({ auto, plain }) => auto.tokensPerSecond / plain.tokensPerSecond)),
    )
  }
  return { suite: 'speculation', medians, ratios, raw: pairs }
}

function tokens(model: LoadedModel, prompt: string): readonly number[] {
  return model.tokenizer.encodeChat([{ role: 'user', content: prompt }], { addGenerationPrompt: true })
}
