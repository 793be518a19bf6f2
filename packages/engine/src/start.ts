import { CostTable, measureCosts, type Speculator } from '@foretoken/drafting'
import type { LoadedModel, Target, TargetInput } from '@foretoken/model'
import { ENGINE_DEFAULTS, Engine, type EngineOptions } from './engine.ts'

/** Context at which costs are measured: attention's share of a run at a middling length. */
const PAST = 128

/** Measures what the target costs here, by batch and rows, and starts an engine on it. */
export async function startEngine(
  model: Pick<LoadedModel, 'target' | 'tokenizer'>,
  speculators: readonly Speculator[],
  options: Partial<EngineOptions> = {},
): Promise<Engine> {
  const { clock, sequencesMax, lookaheadMax } = { ...ENGINE_DEFAULTS, ...options }
  const plan = {
    batches: [1, 2, 4, 8, 16, 32].filter((batch) => batch <= sequencesMax),
    lengths: [1, 2, 3, 5, 9, 17].filter((length) => length <= lookaheadMax + 1),
    repeats: 5,
  }
  const points = await measureCosts(
    (batch, length) => model.target.run(probe(model.target, batch, length)).then(() => {}),
    clock,
    plan,
  )
  return new Engine(
    { target: model.target, tokens: model.tokenizer, speculators, costs: new CostTable(points) },
    options,
  )
}

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
