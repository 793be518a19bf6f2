import { type Engine, type EngineOptions, type GenerationRequest, startEngine } from '@foretoken/engine'
import { type LoadedModel, loadModel, type Target } from '@foretoken/model'
import { complete, request } from '../../../engine/generate.ts'
import { median, rounded } from '../../report.ts'
import { medianSlope } from '../../statistics.ts'
import { inputOf } from '../../target-input.ts'
import { benchFolder, writeWidened } from '../../widened/folder.ts'
import type { Section, SectionOptions } from './section.ts'

const CACHED = 192
const CAPACITIES = [256, 512, 1_024, 2_048, 4_096]
const LONG_PROMPT = 4_096
const CHUNK = 512

type Point = readonly [rows: number, ms: number]

/**
 * What a decoding step of one short sequence costs by how many cache rows there is room for, its own cached length
 * being equal: as a slope in microseconds per 1,000 rows. Of the target's run alone the caller sets the capacity. Of
 * the whole step a long prompt does that is being prefilled meanwhile, 512 rows between two steps: the capacity
 * follows the longest sequence. The checkpoint is the reference with room for more positions.
 */
export async function measureCapacity({ quick, log }: SectionOptions): Promise<Section> {
  const medians: Record<string, number> = {}
  const ratios: Record<string, number> = {}
  const raw: Record<string, unknown> = {}
  const folder = benchFolder('engine-long')
  const long = await writeWidened({ folder, copies: 1, layers: 6, positionsMax: 2 * LONG_PROMPT })
  for (const weights of ['fp32', 'int8'] as const) {
    const model = await loadModel(long.target, { weights })
    const runs = await timeRuns(model.target, quick ? 20 : 200)
    const steps = await timeSteps(model, quick ? 3 : 12)
    const figures = { 'target run': runs, step: steps.whole, 'step without target run': steps.rest }
    for (const [name, points] of Object.entries(figures)) {
      const slope = medianSlope(points.map(([rows, ms]) => [rows / 1_000, 1_000 * ms]))
      medians[`${weights} ${name} µs per 1,000 rows of capacity`] = rounded(slope)
      const ms = (from: number, to: number) =>
        median(points.flatMap(([rows, each]) => (rows >= from && rows <= to ? [each] : [])))
      ratios[`${weights} ${name} capacity 4096/capacity 512`] = rounded(
        ms(LONG_PROMPT - CHUNK, LONG_PROMPT) / ms(0, CHUNK),
      )
    }
    raw[weights] = { runtime: model.target.constructor.name, ...figures }
    await model.target.close()
    log(
      `capacity: ${weights} target run ${medians[`${weights} target run µs per 1,000 rows of capacity`]} µs per 1,000 rows`,
    )
  }
  await long.delete()
  return { medians, ratios, raw }
}

async function timeRuns(target: Target, passes: number): Promise<Point[]> {
  const inputs = CAPACITIES.map((capacity) => inputOf(target, 1, CACHED, capacity))
  const points: Point[] = []
  for (let pass = -5; pass < passes; pass++) {
    for (const input of inputs) {
      const started = performance.now()
      await target.run(input)
      if (pass >= 0) points.push([input.capacity, rounded(performance.now() - started, 4)])
    }
  }
  return points
}

async function timeSteps(model: LoadedModel, repeats: number): Promise<{ whole: Point[]; rest: Point[] }> {
  const whole: Point[] = []
  const rest: Point[] = []
  /** Of the long prompt; undefined while none is in flight. */
  let prefilled: number | undefined
  const options: Partial<EngineOptions> = {
    sequencesMax: 2,
    prefillRowsBusy: CHUNK,
    lookaheadMax: 0,
    observer: {
      prefill: ({ rows }) => {
        if (prefilled !== undefined) prefilled += rows
      },
      decode: ({ results, ms, targetMs }) => {
        if (!prefilled || results.length > 1) return
        whole.push([prefilled, rounded(ms, 4)])
        rest.push([prefilled, rounded(ms - targetMs, 4)])
      },
    },
  }
  const engine = await startEngine(model, [], options)
  const { vocabularySize } = model.target.shape
  const tokens = (length: number, step: number) =>
    Array.from({ length }, (_, at) => 5 + ((at * step) % (vocabularySize - 5)))
  // A sequence that ended early would leave the batch.
  const sampling = { logitBias: new Map(model.tokenizer.eosIds.map((id) => [id, -100])) }
  for (let repeat = 0; repeat < repeats; repeat++) {
    const short = { tenant: `ten_short_${repeat}`, prompt: tokens(CACHED, 7 + repeat), tokensMax: 512, sampling }
    const reader = read(engine, request(short))
    await reader.read() // it decodes
    prefilled = 0
    const long = { tenant: `ten_long_${repeat}`, prompt: tokens(LONG_PROMPT, 11 + repeat), tokensMax: 1, sampling }
    await complete(engine, long)
    prefilled = undefined
    await reader.cancel()
  }
  await engine.drain()
  return { whole, rest }
}

function read(engine: Engine, asked: GenerationRequest) {
  const admission = engine.admit(asked)
  if (!admission.ok) throw admission.error
  return admission.events.getReader()
}
