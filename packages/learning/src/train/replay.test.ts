import { type AdapterValues, type Parameters, RecurrentDraft } from '@foretoken/drafting'
import { freshAdapter, randomAdapter, randomDraft } from '@foretoken/drafting/testing'
import type { Trace } from '@foretoken/engine'
import { fromHalf } from '@foretoken/storage'
import { afterAll, describe, expect, it } from 'vitest'
import { adapterTraining } from '../adapt/fit.ts'
import { randomHidden, SHAPE, TABLES, traceOf, VOCABULARY } from '../testing/source.ts'
import type { TrainableDraft } from './draft-graphs.ts'
import type { Reading } from './examples.ts'
import { type Random, seededRandom } from './random.ts'
import { acceptanceByPosition, acceptanceLength, played, Replay, type ReplayedTrace } from './replay.ts'
import { replayDraft } from './replay-draft.ts'
import { staticTraining } from './static-training.ts'

const DEPTH = 5
const artifact = randomDraft(3, SHAPE)
const draft = await RecurrentDraft.open(artifact, TABLES, { weights: 'fp32', segment: 2 })
afterAll(() => draft.close())

interface Subject {
  readonly trainable: TrainableDraft
  readonly reading: Omit<Reading, 'depth'>
  readonly parameters: Parameters
  readonly adapter?: AdapterValues
}

const plain: Subject = { ...staticTraining(SHAPE, artifact.tokens, TABLES), parameters: artifact.parameters }
const adapted = (adapter: AdapterValues): Subject => ({
  ...adapterTraining(artifact, TABLES, adapter.hotTokens),
  parameters: adapter.values,
  adapter,
})
const subjects: [string, Subject][] = [
  ['the static draft', plain],
  ['an adapter with a whole hot-list', adapted(randomAdapter(5, SHAPE))],
  ['an adapter with two hot tokens', adapted(randomAdapter(6, SHAPE, 2))],
  ['an adapter without hot tokens', adapted(randomAdapter(7, SHAPE, 0))],
  ['an adapter before training', adapted(freshAdapter(8, SHAPE))],
]

describe.each(subjects)('%s, replayed', (_, subject) => {
  it('has accepted what its chains would have had, from every place, as confidently', async () => {
    const traces = await writtenTraces(subject)
    const replayed = await replay(subject, traces)
    expect(replayed.map(({ trace }) => trace)).toEqual(traces.filter(({ request }) => request !== 'req_3'))
    const counts = new Set<number>()
    for (const { trace, first, accepted, confidence } of replayed) {
      for (let row = first; row < trace.tokens.length; row++) {
        const chain = await chainFrom(subject, trace, row, DEPTH)
        const count = takenOf(chain.tokens, trace, row)
        counts.add(count)
        expect(accepted[row - first]).toBe(count)
        const compared = Math.min(count + 1, DEPTH, trace.tokens.length - row)
        for (let at = 0; at < compared; at++) {
          const replayedConfidence = confidence[(row - first) * DEPTH + at] ?? 9
          expect(Math.abs(replayedConfidence - (chain.confidence[at] ?? 0))).toBeLessThan(1e-4)
        }
      }
    }
    expect(counts.size).toBeGreaterThan(3)
  })

  it('is what the draft itself is replayed to, in any number of traces at once', async () => {
    const some = await writtenTraces(subject)
    const traces = [...some, ...some, ...some, ...some] // more than go together
    const expected = await replay(subject, traces)
    const { adapter: values } = subject
    const adapter = values && (await draft.prepareAdapter('adp_1', values))
    const { signal } = new AbortController()
    const options = { depth: DEPTH, samplingOf: () => undefined, signal, ...(adapter && { adapter }) }
    const own = await replayDraft(draft, traces, options)
    const comparable = ({ trace, first, accepted }: ReplayedTrace) => ({ trace, first, accepted })
    expect(own.map(comparable)).toEqual(expected.map(comparable))
    // Behind a token that is not taken each goes on with its own.
    for (const [at, { accepted, confidence }] of own.entries()) {
      for (const [row, taken] of accepted.entries()) {
        for (let place = row * DEPTH; place < row * DEPTH + taken; place++) {
          expect(Math.abs((confidence[place] ?? 9) - (expected[at]?.confidence[place] ?? 0))).toBeLessThan(1e-4)
        }
      }
    }
  })

  it('takes as many steps as drafting and verifying one chain after the other', async () => {
    const traces = await writtenTraces(subject)
    const replayed = await replay(subject, traces)
    for (const lookahead of [1, 3, DEPTH]) {
      let [steps, tokens] = [0, 0]
      for (const one of replayed) {
        const simulated = await simulate(subject, one.trace, lookahead)
        expect(played(one, lookahead)).toEqual(simulated)
        steps += simulated.steps
        tokens += simulated.tokens
      }
      expect(acceptanceLength(replayed, lookahead)).toBeCloseTo(tokens / steps, 10)
    }
  })
})

it('a draft that is untrained as an adapter replays exactly as the static draft', async () => {
  const traces = await writtenTraces(plain)
  const [own, shared] = [await replay(adapted(freshAdapter(8, SHAPE)), traces), await replay(plain, traces)]
  expect(own.map(({ accepted }) => [...accepted])).toEqual(shared.map(({ accepted }) => [...accepted]))
})

it('acceptance by position counts a token where those before it were taken and there was one to come', () => {
  const trace = traceOf(1, [1, 2], [3, 4, 5, 6], randomHidden(1, 5))
  const one = { trace, first: 0, accepted: Uint8Array.of(2, 0, 1, 1), confidence: new Float32Array() }
  // Position 0 was asked four times; 1 three times, but the last place has one token to come; 2 once.
  expect(acceptanceByPosition([one], 3)).toEqual([3 / 4, 1 / 2, 0])
  expect(acceptanceByPosition([], 2)).toEqual([0, 0])
  expect(acceptanceLength([], 3)).toBe(0)
})

/** Texts that follow the draft's own chains for a while, so that chains of every length are accepted. */
async function writtenTraces(subject: Subject): Promise<Trace[]> {
  const random = seededRandom(17)
  const traces: Trace[] = []
  for (const [seed, [prompt, length]] of [
    [3, 30],
    [1, 25],
    [2, 0],
    [1, 1],
    [2, 2],
    [4, 28],
  ].entries()) {
    traces.push(await writtenTrace(subject, seed, prompt ?? 1, length ?? 0, random))
  }
  return traces.filter(({ tokens }) => tokens.length > 0)
}

async function writtenTrace(subject: Subject, seed: number, promptLength: number, length: number, random: Random) {
  const anyToken = () => Math.floor(random.uniform() * VOCABULARY)
  const prompt = Array.from({ length: promptLength }, anyToken)
  const hidden = randomHidden(seed + 1, length + 1, 0.3)
  const tokens: number[] = []
  while (tokens.length < length) {
    const trace = traceOf(seed, prompt, tokens, hidden)
    const chain = await chainFrom(subject, trace, tokens.length, DEPTH)
    tokens.push(...chain.tokens.slice(0, Math.floor(random.uniform() * (DEPTH + 2))))
    if (random.uniform() < 0.7) tokens.push(anyToken())
  }
  return traceOf(seed, prompt, tokens.slice(0, length), hidden)
}

async function replay({ trainable, reading, parameters }: Subject, traces: readonly Trace[]): Promise<ReplayedTrace[]> {
  const opened = await Replay.open(trainable, reading, DEPTH, 1)
  const replayed = await opened.run(traces, parameters, trainable.parameters)
  await opened.close()
  return replayed
}

const prepared = new Map<AdapterValues, ReturnType<RecurrentDraft['prepareAdapter']>>()

/** What the draft proposes after `row` tokens of a trace. */
async function chainFrom({ adapter: values }: Subject, trace: Trace, row: number, lookahead: number) {
  const d = SHAPE.hiddenSize
  const known = values && (prepared.get(values) ?? draft.prepareAdapter('adp_1', values))
  if (values && known) prepared.set(values, known)
  const adapter = await known
  const hidden = fromHalf(trace.hidden.subarray(row * d, (row + 1) * d))
  const context = draft.contextOf([...trace.prompt, ...trace.tokens.subarray(0, row)])
  const start = { hidden, context, ...(adapter && { adapter }) }
  const [chain] = await draft.draft([start], lookahead)
  return chain ?? { tokens: [], confidence: [] }
}

function takenOf(tokens: readonly number[], trace: Trace, row: number): number {
  const wrong = tokens.findIndex((token, at) => token !== trace.tokens[row + at])
  return wrong < 0 ? tokens.length : wrong
}

/** One chain after the other, as an engine would; where there is no hidden state yet, a plain step. */
async function simulate(subject: Subject, trace: Trace, lookahead: number) {
  let [place, steps] = [0, 0]
  while (place < trace.tokens.length) {
    const blind = place === 0 && trace.prompt.length === 1
    const chain = blind ? { tokens: [] } : await chainFrom(subject, trace, place, lookahead)
    place += takenOf(chain.tokens, trace, place) + 1
    steps++
  }
  return { steps, tokens: trace.tokens.length }
}
