import { SuffixSpeculator } from '@foretoken/drafting'
import { plainSampling } from '@foretoken/engine'
import { KvArena, Sampler, Workspace } from '@foretoken/engine/parts'
import { seededRandom } from '@foretoken/learning/training'
import { complete } from '../../../engine/generate.ts'
import { workloadPrompts } from '../../../workloads/prompts.ts'
import { BandwidthMeter } from '../../bandwidth.ts'
import { median } from '../../report.ts'
import { inputOf } from '../../target-input.ts'
import { type Models, tokensOf } from '../learning/world.ts'
import { MODES, type Mode } from './steps.ts'

export type ByMode = Record<Mode, number>

/** Median microseconds per draw from the target's own logits over a text. */
export async function timeSampling(models: Models, passes: number): Promise<ByMode> {
  const { target } = models.model
  const texts = workloadPrompts(8).map(({ prompt }) => tokensOf(models, prompt).slice(0, 32))
  const { vocabularySize } = target.shape
  const logits: number[] = []
  for (const text of texts) {
    const input = inputOf(target, text.length, 0)
    const output = await target.run({ ...input, tokens: Int32Array.from(text) })
    for (const logit of output.logits) logits.push(logit)
  }
  return drawsOf(Float32Array.from(logits), vocabularySize, passes)
}

const LARGE_VOCABULARY = 151_936
const HEAD_WIDTH = 512

/** The same at the vocabulary of Qwen's models, and what reading an output projection for it takes. */
export async function timeSamplingAtLargeVocabulary(passes: number): Promise<{ us: ByMode; headMs: number }> {
  const random = seededRandom(5)
  const rows = 4
  const logits = Float32Array.from({ length: rows * LARGE_VOCABULARY }, () => 3 * random.gaussian())
  const us = drawsOf(logits, LARGE_VOCABULARY, passes)
  const bytes = LARGE_VOCABULARY * HEAD_WIDTH * Float32Array.BYTES_PER_ELEMENT
  const meter = await BandwidthMeter.start(bytes, 2)
  const headMs: number[] = []
  for (let pass = 0; pass < 5; pass++) headMs.push((1_000 * bytes) / (await meter.measure()))
  await meter.close()
  return { us, headMs: median(headMs) }
}

/** A pass draws from every row in each way, the ways in turns. */
function drawsOf(logits: Float32Array, vocabularySize: number, passes: number): ByMode {
  const rows = logits.length / vocabularySize
  const workspace = new Workspace(vocabularySize)
  const ways = MODES.map(({ name, sampling }) => {
    const parameters = { ...plainSampling(1, 42n), ...sampling }
    return { name, sampler: new Sampler(parameters, 0, [], vocabularySize, workspace), us: [] as number[] }
  })
  for (let pass = -3; pass < passes; pass++) {
    for (const { sampler, us } of ways) {
      const started = performance.now()
      for (let row = 0; row < rows; row++) sampler.sample(logits, row * vocabularySize, pass + 3 + row)
      if (pass >= 0) us.push(((performance.now() - started) * 1_000) / rows)
    }
  }
  const of = (mode: Mode) => median(ways.find(({ name }) => name === mode)?.us ?? [])
  return { greedy: of('greedy'), temperature: of('temperature'), 'top-p': of('top-p') }
}

/** Median microseconds of keeping one row of a run of one, and four of a run of eight. */
export async function timeAppends({ model }: Models, passes: number): Promise<{ one: number; four: number }> {
  const { shape } = model.target
  const arena = new KvArena(shape, 2 ** 30)
  arena.reserve([256], 264)
  const deltaOf = (length: number) => new Float32Array(shape.layers * 2 * shape.keyValueHeads * length * shape.headDim)
  const time = (length: number, count: number) => {
    const delta = deltaOf(length)
    const us: number[] = []
    for (let pass = -100; pass < passes; pass++) {
      const started = performance.now()
      arena.append(0, 256, delta, { batch: 1, length, index: 0 }, count)
      if (pass >= 0) us.push((performance.now() - started) * 1_000)
    }
    return median(us)
  }
  return { one: time(1, 1), four: time(8, 4) }
}

/**
 * Plays completions through the suffix arm as verification would, a tenant's later ones on an index of its earlier
 * ones: microseconds per token proposed (a query that finds none counts as one), and per token committed.
 */
export async function timeSuffix(models: Models, count: number): Promise<{ queryUs: number; commitUs: number }> {
  const { model, engine } = models
  const suffix = new SuffixSpeculator({ endIds: model.tokenizer.eosIds })
  const sums = { query: 0, proposed: 0, commit: 0, committed: 0 }
  for (const [index, { prompt: text, domain }] of workloadPrompts(count).entries()) {
    const prompt = tokensOf(models, text)
    const { tokens } = await complete(engine, { tenant: 'ten_suffix', prompt, tokensMax: 96, learn: false })
    const session = suffix.open({ tenant: domain, prompt })
    for (let at = 0; at < tokens.length; ) {
      const started = performance.now()
      const [proposal] = await suffix.propose([{ session, arm: 'suffix', lookaheadMax: 16 }])
      const proposed = performance.now()
      const own = proposal?.tokens ?? []
      const wrong = own.findIndex((token, depth) => token !== tokens[at + depth])
      const committed = tokens.slice(at, at + (wrong < 0 ? own.length : wrong) + 1)
      const judging = performance.now()
      session.commit({ tokens: committed, hidden: [] })
      if (index >= count / 3) {
        sums.query += proposed - started
        sums.proposed += Math.max(1, own.length)
        sums.commit += performance.now() - judging
        sums.committed += committed.length
      }
      at += committed.length
    }
    session.close(true)
  }
  return { queryUs: (1_000 * sums.query) / sums.proposed, commitUs: (1_000 * sums.commit) / sums.committed }
}
