import { type AdapterValues, type DraftArtifact, type Parameters, RecurrentDraft } from '@foretoken/drafting'
import { artifactOf } from '@foretoken/drafting/testing'
import type { Trace } from '@foretoken/engine'
import { fromHalf } from '@foretoken/storage'
import { describe, expect, it } from 'vitest'
import { adapterTraining, hotList } from '../adapt/fit.ts'
import { circle, SHAPE, TABLES, VOCABULARY, type Writer, writtenTrace } from '../testing/source.ts'
import type { TrainableDraft } from './draft-graphs.ts'
import { examplesOf, type Reading } from './examples.ts'
import { seededRandom } from './random.ts'
import { acceptanceLength, Replay } from './replay.ts'
import { staticTraining } from './static-training.ts'
import { initialState, rateAt, type TrainingOptions, TrainingRun, type TrainingState } from './training-run.ts'

const LOOKAHEAD = 4
/** The static draft's tokens, as `artifactOf` numbers them. */
const tokens = Int32Array.from({ length: SHAPE.vocabularySize }, (_, place) => 2 * place)
const { trainable, reading } = staticTraining(SHAPE, tokens, TABLES)
const options: TrainingOptions = {
  batch: 32,
  steps: 250,
  learningRate: 0.02,
  weightDecay: 0,
  loss: { depth: 4 },
  threads: 1,
}

const familiar = circle([0, 4, 2, 8, 6, 10, 14, 12])
/** Other successors, and tokens that the static draft lacks. */
const shifted = circle([0, 2, 5, 4, 7, 8, 10, 12])

const tracesOf = (write: Writer, count: number, from = 0) =>
  Array.from({ length: count }, (_, n) =>
    writtenTrace(
      from + n,
      write,
      20,
      [from + n, 2 * n].map((id) => id % VOCABULARY),
    ),
  )

interface Data {
  readonly trainable: TrainableDraft
  readonly reading: Omit<Reading, 'depth'>
  readonly traces: readonly Trace[]
}

const data: Data = { trainable, reading, traces: tracesOf(familiar, 12) }

function open(changes: Partial<TrainingOptions> = {}, start?: TrainingState, { trainable, reading, traces } = data) {
  return TrainingRun.open(
    trainable,
    { examples: examplesOf(traces), reading },
    { ...options, ...changes },
    seededRandom(7),
    start,
  )
}

async function trained(from: Data, changes: Partial<TrainingOptions> = {}): Promise<TrainingState> {
  const run = await open(changes, undefined, from)
  while (!run.done) await run.step()
  await run.close()
  return run.current
}

async function lengthOf({ trainable, reading, traces }: Data, parameters: Parameters): Promise<number> {
  const replay = await Replay.open(trainable, reading, LOOKAHEAD, 1)
  const replayed = await replay.run(traces, parameters, trainable.parameters)
  await replay.close()
  return acceptanceLength(replayed, LOOKAHEAD)
}

describe('training', () => {
  it('learns a deterministic source to nearly the longest chains there are', async () => {
    const held = { ...data, traces: tracesOf(familiar, 5, 3) }
    const before = await lengthOf(held, initialState(trainable.parameters, seededRandom(7)).parameters)
    const after = await lengthOf(held, (await trained(data)).parameters)
    expect(before).toBeLessThan(2)
    // 20 tokens in steps of five, of which the end of each trace cuts none.
    expect(after).toBeGreaterThan(4.7)
  })

  it('goes on after a kill as if there had been none, to the bit', async () => {
    const unbroken = await open({ steps: 12, batch: 50 })
    for (let step = 0; step < 12; step++) await unbroken.step()
    const first = await open({ steps: 12, batch: 50 })
    for (let step = 0; step < 5; step++) await first.step()
    const second = await open({ steps: 12, batch: 50 }, structuredClone(first.current))
    while (!second.done) await second.step()
    expect(second.current).toEqual(unbroken.current)
    expect(second.current.step).toBe(12)
    expect(first.current.parameters).not.toEqual(second.current.parameters)
    for (const run of [unbroken, first, second]) await run.close()
  })

  it('drops an update whose gradient is not finite, and goes on with the next', async () => {
    const [good, bad] = tracesOf(familiar, 2)
    if (!good || !bad) throw new Error('no traces')
    const infinite = { ...bad, hidden: bad.hidden.map(() => 0x7c00) }
    const run = await open({ batch: 1, steps: 30 }, undefined, { ...data, traces: [good, infinite] })
    const outcomes = { made: 0, dropped: 0 }
    while (!run.done) {
      const before = run.current
      const { updated } = await run.step()
      const { step, ...after } = run.current
      expect(step).toBe(before.step + 1)
      outcomes[updated ? 'made' : 'dropped']++
      if (!updated)
        expect(after).toEqual({ parameters: before.parameters, moment1: before.moment1, moment2: before.moment2 })
      else expect(after.parameters).not.toEqual(before.parameters)
      for (const values of after.parameters.values()) expect(values.every(Number.isFinite)).toBe(true)
    }
    await run.close()
    expect(Math.min(outcomes.made, outcomes.dropped)).toBeGreaterThan(5)
  })

  it('of nothing is refused', async () => {
    await expect(open({}, undefined, { ...data, traces: [] })).rejects.toThrow('there is nothing to learn from')
  })

  it('warms up, then falls to a twentieth of the highest rate', () => {
    const rates = Array.from({ length: 200 }, (_, step) => rateAt(step, { steps: 200, learningRate: 1 }))
    expect(rates[0]).toBeCloseTo(0.05, 2)
    expect(Math.max(...rates)).toBeGreaterThan(0.95)
    expect(rates.indexOf(Math.max(...rates))).toBe(19)
    expect(rates.at(-1)).toBeCloseTo(0.05, 2)
  })
})

describe('an adapter', async () => {
  const base = artifactOf(SHAPE, (await trained(data)).parameters)
  const traffic = tracesOf(shifted, 12)
  const hotTokens = hotList(traffic, base)
  const own: Data = { ...adapterTraining(base, TABLES, hotTokens), traces: traffic }
  const held = tracesOf(shifted, 5, 4)

  it('learns what the static draft gets wrong, with the tokens that it lacks, and leaves it as it was', async () => {
    const before = structuredClone(base.parameters)
    const { parameters } = await trained(own, { loss: { depth: 4, calibrate: false } })
    expect([...hotTokens].sort()).toEqual([5, 7])
    expect(base.parameters).toEqual(before)
    expect([...parameters.keys()].filter((name) => before.has(name)).sort()).toEqual(['head_bias', 'pointer_bias'])
    const [ours, shared] = [
      await lengthOf({ ...own, traces: held }, parameters),
      await lengthOf({ ...data, traces: held }, base.parameters),
    ]
    expect(shared).toBeLessThan(2.5)
    expect(ours).toBeGreaterThan(4.5)
    expect(await servedLength(base, { values: parameters, hotTokens }, held)).toBeCloseTo(ours, 10)
  })

  it('starts as the static draft', async () => {
    const { parameters } = initialState(own.trainable.parameters, seededRandom(3))
    const traces = tracesOf(familiar, 4)
    const [fresh, shared] = [
      await lengthOf({ ...own, traces }, parameters),
      await lengthOf({ ...data, traces }, base.parameters),
    ]
    expect(fresh).toBe(shared)
  })
})

/** Committed tokens per step where the adapter serves, drafting one chain after the other. */
async function servedLength(base: DraftArtifact, values: AdapterValues, traces: readonly Trace[]): Promise<number> {
  const draft = await RecurrentDraft.open(base, TABLES, { weights: 'fp32' })
  const adapter = await draft.prepareAdapter('adp_1', values)
  const d = SHAPE.hiddenSize
  let [steps, tokens] = [0, 0]
  for (const trace of traces) {
    for (let place = 0; place < trace.tokens.length; steps++) {
      const hidden = fromHalf(trace.hidden.subarray(place * d, (place + 1) * d))
      const context = draft.contextOf([...trace.prompt, ...trace.tokens.subarray(0, place)])
      const [chain] = await draft.draft([{ hidden, context, adapter }], LOOKAHEAD)
      const wrong = chain?.tokens.findIndex((token, at) => token !== trace.tokens[place + at]) ?? 0
      place += 1 + (wrong < 0 ? LOOKAHEAD : wrong)
    }
    tokens += trace.tokens.length
  }
  await draft.close()
  return tokens / steps
}
