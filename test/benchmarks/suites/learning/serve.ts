import type { DecodeReport, SamplingParameters } from '@foretoken/engine'
import { complete } from '../../../engine/generate.ts'
import { tenantOf, type Way } from './arms.ts'
import { type CalibrationPoint, pointsOf } from './calibration.ts'
import { NO_STEPS, type StepSums, withStep } from './step-kinds.ts'
import type { World } from './world.ts'

/** One request served in one way. */
export interface Served {
  readonly tokens: readonly number[]
  readonly steps: number
  /** From sending it to its last token, prefill included; and its decoding steps alone. */
  readonly ms: number
  readonly decodeMs: number
  /** What its neural proposals promised and what became of them. */
  readonly points: readonly CalibrationPoint[]
  /** What its steps promised and took, by what they verified. */
  readonly kinds: StepSums
}

export interface Order {
  readonly domain: string
  readonly prompt: readonly number[]
  readonly way: Way
  readonly sampling?: Partial<SamplingParameters>
}

export async function serve(
  world: Pick<World, 'engine' | 'watch' | 'completionTokensMax'>,
  { domain, prompt, way, sampling }: Order,
): Promise<Served> {
  const { speculation, name } = way
  // Looking into a step takes time, so steps that are timed are only added up.
  const examined = speculation.lookahead !== undefined
  const points: CalibrationPoint[] = []
  let [steps, decodeMs, kinds] = [0, 0, NO_STEPS]
  world.watch((report: DecodeReport) => {
    steps++
    decodeMs += report.ms
    kinds = withStep(kinds, report)
    if (examined) points.push(...pointsOf(report))
  })
  const started = performance.now()
  const completion = await complete(world.engine, {
    tenant: tenantOf(domain, name),
    prompt,
    tokensMax: world.completionTokensMax,
    speculation,
    ...(sampling ? { sampling } : {}),
  })
  const ms = performance.now() - started
  world.watch(undefined)
  return { tokens: completion.tokens, steps, ms, decodeMs, points, kinds }
}
