import {
  type CostPoint,
  CostTable,
  type DraftArm,
  type DraftCosts,
  measureCosts,
  type Speculator,
} from '@foretoken/drafting'
import type { LoadedModel, Target, TargetInput } from '@foretoken/model'
import { Engine } from './engine.ts'
import { ENGINE_DEFAULTS, type EngineOptions } from './options.ts'

/** Context at which costs are measured: attention's share of a run at a middling length. */
const PAST = 128

/** Measures what the target and the drafts cost here, by batch and length, and starts an engine on them. */
export async function startEngine(
  model: Pick<LoadedModel, 'target' | 'tokenizer'>,
  speculators: readonly Speculator[],
  options: Partial<EngineOptions> = {},
): Promise<Engine> {
  const target = await measureTarget(model.target, options)
  const costs = new CostTable(target, await measureDrafts(speculators, options))
  return new Engine({ target: model.target, tokens: model.tokenizer, speculators, costs }, options)
}

/** What a run of the target costs here. */
export async function measureTarget(target: Target, options: Partial<EngineOptions> = {}): Promise<CostPoint[]> {
  const { clock, lookaheadMax } = { ...ENGINE_DEFAULTS, ...options }
  const lengths = [1, 2, 3, 5, 9, 17].filter((length) => length <= lookaheadMax + 1)
  const plan = { batches: batchesOf(options), lengths, repeats: REPEATS }
  return await measureCosts((batch, length) => target.run(probe(target, batch, length)).then(() => {}), clock, plan)
}

/** What each speculator that has a price takes for a call. */
export async function measureDrafts(
  speculators: readonly Speculator[],
  options: Partial<EngineOptions> = {},
): Promise<DraftCosts[]> {
  const { clock, lookaheadMax } = { ...ENGINE_DEFAULTS, ...options }
  const lengths = [1, 2, 4, 8, 16].filter((lookahead) => lookahead <= lookaheadMax)
  const plan = { batches: batchesOf(options), lengths, repeats: REPEATS }
  const measured: DraftCosts[] = []
  for (const speculator of speculators) {
    const costs: { [arm in DraftArm]?: CostPoint[] } = {}
    for (const arm of speculator.probe ? speculator.arms : []) {
      const call = async (batch: number, lookahead: number) => speculator.probe?.(arm, batch, lookahead)
      costs[arm] = await measureCosts(call, clock, plan)
    }
    measured.push(costs)
  }
  return measured
}

function batchesOf(options: Partial<EngineOptions>): number[] {
  const { sequencesMax } = { ...ENGINE_DEFAULTS, ...options }
  return [1, 2, 4, 8, 16, 32].filter((batch) => batch <= sequencesMax)
}

const REPEATS = 5

/** A run like a decoding step of `batch` sequences with `length` rows each. */
function probe({ shape }: Target, batch: number, length: number): TargetInput {
  const past = Math.min(PAST, Math.max(0, shape.positionsMax - length))
  const capacity = Math.max(64, past)
  const rows = batch * length
  const layer = () => new Float32Array(batch * shape.keyValueHeads * capacity * shape.headDim)
  return {
    batch,
    length,
    capacity,
    tokens: new Int32Array(rows),
    positions: Int32Array.from({ length: rows }, (_, row) => past + (row % length)),
    pastLengths: new Int32Array(batch).fill(past),
    keys: Array.from({ length: shape.layers }, layer),
    values: Array.from({ length: shape.layers }, layer),
    logitRows: Int32Array.from({ length: rows }, (_, row) => row),
  }
}
