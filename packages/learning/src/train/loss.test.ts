import { randomFloats } from '@foretoken/drafting/testing'
import { createGraph, type GraphBuilder, grad, serialise, type Value } from '@foretoken/graph'
import { InferenceSession, Tensor } from '@foretoken/onnx-runtime'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { draftLoss, LOSS_DEFAULTS, type LossOptions, TARGETS } from './loss.ts'

const STATE = 3

interface Batch {
  readonly depth: number
  readonly examples: number
  readonly classes: number
  /** [M][s], [M][C + 1]; M = depth · examples, depth-major; the last class can't be drafted */
  readonly states: number[][]
  readonly logits: number[][]
  readonly labels: number[]
  readonly weights: number[]
  /** [M][K] */
  readonly shares: number[][]
  readonly places: number[][]
  readonly confidence: { state: number[]; top: number; bias: number }
}

const batches: fc.Arbitrary<Batch> = fc
  .record({
    depth: fc.integer({ min: 1, max: 4 }),
    examples: fc.integer({ min: 1, max: 3 }),
    classes: fc.integer({ min: 2, max: 6 }),
    seed: fc.integer({ min: 1, max: 1e6 }),
    known: fc.double({ min: 0, max: 1, noNaN: true }),
    ends: fc.integer({ min: 1, max: 4 }),
  })
  .map(({ depth, examples, classes, seed, known, ends }) => {
    let stream = seed
    const floats = (count: number, deviation = 1) => [...randomFloats(stream++, count, deviation)]
    const uniform = () => Math.abs(floats(1)[0] ?? 0) % 1
    const rows = Array.from({ length: depth * examples }, (_, m) => m)
    const logits = rows.map(() => floats(classes + 1, 2))
    const best = logits.map((row) => choiceOf(row))
    return {
      depth,
      examples,
      classes,
      states: rows.map(() => floats(STATE)),
      logits,
      // The committed token: often the draft's own choice, sometimes another, or one that it lacks.
      labels: best.map((place) => (uniform() < 0.6 ? place : Math.floor(uniform() * (classes + 1)) - 1)),
      weights: rows.map((m) => (Math.floor(m / examples) < ends ? 1 : 0)),
      shares: rows.map(() => distribution(floats(TARGETS)).map((share) => (uniform() < known ? share : 0))),
      places: rows.map(() => Array.from({ length: TARGETS }, () => Math.floor(uniform() * classes))),
      confidence: { state: floats(STATE), top: floats(1, 0.3)[0] ?? 0, bias: floats(1)[0] ?? 0 },
    }
  })

/** One with several depths and some mass that the draft knows. */
function sample(seed: number): Batch {
  const found = fc
    .sample(batches, { numRuns: 50, seed })
    .find(({ depth, shares }) => depth > 1 && shares.flat().filter((share) => share > 0).length > 8)
  if (!found) throw new Error('no such batch')
  return found
}

it('is the LK hybrid where a position is reached, a share of it behind a rejection, and nothing beyond the end', async () => {
  await fc.assert(
    fc.asyncProperty(
      batches,
      fc.boolean(),
      fc.double({ min: 0, max: 1, noNaN: true }),
      async (batch, calibrate, rest) => {
        const options = { depth: batch.depth, afterRejection: rest, calibrate }
        const [loss = Number.NaN] = (await run(batch, options)).loss
        expect(Math.abs(loss - byHand(batch, options))).toBeLessThan(1e-4 * Math.max(1, Math.abs(loss)))
      },
    ),
    { numRuns: 40 },
  )
})

it('the confidence is trained alone: what is drafted feels nothing of it', async () => {
  const batch = sample(4)
  const options = { ...LOSS_DEFAULTS, depth: batch.depth }
  const [both, drafting] = [await run(batch, options), await run(batch, { ...options, calibrate: false })]
  expect(both.logits).toEqual(drafting.logits)
  expect(both.logits.some((slope) => slope !== 0)).toBe(true)
  expect(both.loss).not.toEqual(drafting.loss)
})

it('a position whose likeliest tokens the draft all lacks teaches nothing', async () => {
  const batch = sample(5)
  const lacking = { ...batch, shares: batch.shares.map((row) => row.map(() => 0)), weights: batch.weights.map(() => 1) }
  const { loss, logits } = await run(lacking, { ...LOSS_DEFAULTS, depth: batch.depth, calibrate: false })
  expect(loss[0]).toBe(0)
  expect(logits.every((slope) => Math.abs(slope) === 0)).toBe(true)
})

it('a batch of nothing but ends has no loss', async () => {
  const batch = sample(6)
  const { loss } = await run(
    { ...batch, weights: batch.weights.map(() => 0) },
    { ...LOSS_DEFAULTS, depth: batch.depth },
  )
  expect(loss[0]).toBe(0)
})

/** The formulas of `draftLoss`, number by number. */
function byHand(batch: Batch, { depth, afterRejection, calibrate }: LossOptions): number {
  const { examples } = batch
  let [loss, weight, surprise, reachedWeight] = [0, 0, 0, 0]
  for (let n = 0; n < examples; n++) {
    let reached = 1
    for (let at = 0; at < depth; at++) {
      const m = at * examples + n
      const logits = batch.logits[m] ?? []
      const q = distribution(logits)
      const p = (batch.shares[m] ?? []).map((share, k) => ({ share, own: q[batch.places[m]?.[k] ?? 0] ?? 0 }))
      const alpha = p.reduce((sum, { share, own }) => sum + Math.min(share, own), 0)
      const crossEntropy = -p.reduce((sum, { share, own }) => sum + share * Math.log(own), 0)
      const mix = Math.exp(-3 * alpha)
      const own = (batch.weights[m] ?? 0) * (reached ? 1 : afterRejection)
      loss += own * (mix * crossEntropy + (1 - mix) * (1 - alpha))
      weight += own
      const choice = choiceOf(logits)
      const match = choice === batch.labels[m] ? 1 : 0
      const belief = 1 / (1 + Math.exp(-confidenceLogit(batch, m, Math.log(q[choice] ?? 0))))
      surprise -= (batch.weights[m] ?? 0) * reached * Math.log(match ? belief : 1 - belief)
      reachedWeight += (batch.weights[m] ?? 0) * reached
      reached *= match
    }
  }
  const mean = (total: number, count: number) => (count === 0 ? 0 : total / count)
  return mean(loss, weight) + (calibrate ? mean(surprise, reachedWeight) : 0)
}

function confidenceLogit({ states, confidence }: Batch, m: number, logShare: number): number {
  const fromState = (states[m] ?? []).reduce((sum, value, i) => sum + value * (confidence.state[i] ?? 0), 0)
  const odds = logShare - Math.log(1 + 1e-5 - Math.exp(logShare))
  return fromState + odds * (1 + confidence.top) + confidence.bias
}

/** The best of the classes that can be drafted. */
function choiceOf(logits: readonly number[]): number {
  return logits.indexOf(Math.max(...logits.slice(0, -1)))
}

function distribution(logits: readonly number[]): number[] {
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0)
  return logits.map((logit) => Math.exp(logit) / total)
}

async function run(batch: Batch, options: LossOptions): Promise<{ loss: number[]; logits: number[] }> {
  const M = batch.depth * batch.examples
  const graph = createGraph('loss')
  const input = (name: string, shape: readonly (number | string)[]): Value => graph.input(name, 'float32', shape)
  const rows = `${batch.depth}*batch`
  const [states, logits] = [input('states', [rows, STATE]), input('logits', [rows, batch.classes + 1])]
  const parameters = { state: input('state', [STATE, 1]), top: input('top', [1]), bias: input('bias', [1]) }
  const loss = draftLoss(graph, { states, logits }, parameters, options)
  publish(graph, loss, logits)
  const session = await InferenceSession.create(serialise(graph.finish()), { logSeverityLevel: 3 })
  const feeds = {
    states: floats(batch.states.flat(), [M, STATE]),
    logits: floats(batch.logits.flat(), [M, batch.classes + 1]),
    labels: integers(batch.labels, [M]),
    weights: floats(batch.weights, [M]),
    target_shares: floats(batch.shares.flat(), [M, TARGETS]),
    target_places: integers(batch.places.flat(), [M, TARGETS]),
    state: floats(batch.confidence.state, [STATE, 1]),
    top: floats([batch.confidence.top], [1]),
    bias: floats([batch.confidence.bias], [1]),
  }
  const outputs = await session.run(feeds)
  await session.release()
  const numbers = (name: string) => Array.from(outputs[name]?.data ?? [], Number)
  return { loss: numbers('loss'), logits: numbers('slopes') }
}

function publish(graph: GraphBuilder, loss: Value, logits: Value): void {
  graph.output('loss', loss)
  for (const slope of grad(graph, loss, [logits])) graph.output('slopes', slope)
}

const floats = (values: number[], dims: number[]) => new Tensor('float32', Float32Array.from(values), dims)
const integers = (values: number[], dims: number[]) => new Tensor('int64', BigInt64Array.from(values, BigInt), dims)
