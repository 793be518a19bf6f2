import { DraftVocabulary } from '@foretoken/drafting'
import { TRACE_TOP, type Trace } from '@foretoken/engine'
import { fromHalf } from '@foretoken/storage'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { randomHidden, SHAPE, TABLES, traceOf, VOCABULARY } from '../testing/source.ts'
import { batchOf, type Example, examplesOf, type Reading } from './examples.ts'

const d = SHAPE.hiddenSize
const vocabulary = new DraftVocabulary(Int32Array.of(3, 9, 0, 14, 21, 6, 2), VOCABULARY)
const OTHER = 7

const token = fc.nat(VOCABULARY - 1)
const traces = fc.array(
  fc.record({
    seed: fc.nat(),
    prompt: fc.array(token, { minLength: 1, maxLength: 4 }),
    tokens: fc.array(token, { maxLength: 6 }),
  }),
  { minLength: 1, maxLength: 3 },
)
const made = ({ seed, prompt, tokens }: { seed: number; prompt: number[]; tokens: number[] }) =>
  traceOf(seed, prompt, tokens, randomHidden(seed, tokens.length + 1))

/** Row 0 is the state before the last prompt token, which a prompt of one token does not have. */
it('an example is each place with a hidden state and a token to come', () => {
  const count = (prompt: number[], tokens: number[]) =>
    examplesOf([made({ seed: 1, prompt, tokens })]).map(({ row }) => row)
  expect(count([1, 2], [3, 4, 5])).toEqual([0, 1, 2])
  expect(count([1], [3, 4, 5])).toEqual([1, 2])
  expect(count([1], [3])).toEqual([])
  expect(count([1, 2], [])).toEqual([])
})

/** What the graphs should read of one example at one depth, in words. */
function expected({ trace, row }: Example, depth: number) {
  const text = [...trace.prompt, ...trace.tokens]
  const place = trace.prompt.length + row + depth // of the token to predict
  if (place >= text.length) return undefined
  const before = text[place - 1] ?? 0
  const embedding = [...TABLES.embedding.subarray(before * d, (before + 1) * d)]
  const size = Math.sqrt(embedding.reduce((sum, value) => sum + value * value, 0) / d + 1e-6)
  const knows = (id: number) => vocabulary.ids.includes(id)
  const from = (row + depth) * TRACE_TOP
  const likeliest = [...trace.topIds.subarray(from, from + TRACE_TOP)]
  return {
    before: knows(before) ? vocabulary.ids.indexOf(before) : OTHER,
    input: embedding.map((value) => value / size),
    gates: gatesOf(before),
    label: vocabulary.ids.indexOf(text[place] ?? 0),
    shares: likeliest.map((id, k) => (knows(id) ? Math.exp(trace.topLogprobs[from + k] ?? 0) : 0)),
    places: likeliest.map((id) => Math.max(0, vocabulary.ids.indexOf(id))),
  }
}

const gatesOf = (id: number) => Float32Array.from({ length: 2 * SHAPE.stateSize }, (_, at) => id + at / 100)
const reading: Reading = {
  ...{ depth: 3, vocabulary, other: OTHER, tables: TABLES, gatesOf },
  ...{ stateSize: SHAPE.stateSize, window: SHAPE.pointer.window },
}

it('a batch is what its examples say, depth by depth, and weighs nothing beyond the end', () => {
  fc.assert(
    fc.property(traces, (specs) => {
      const all: Trace[] = specs.map(made)
      const examples = examplesOf(all)
      const [N, { depth }] = [examples.length, reading]
      const batch = batchOf(examples, reading)
      const numbers = (name: string) => Array.from(batch[name]?.data ?? [], Number)
      const slice = (name: string, at: number, width: number) => numbers(name).slice(at * width, (at + 1) * width)
      for (const [n, example] of examples.entries()) {
        const { trace, row } = example
        expect(slice('hidden', n, d)).toEqual([...fromHalf(trace.hidden.subarray(row * d, (row + 1) * d))])
        for (let at = 0; at < depth; at++) {
          const m = at * N + n
          const wanted = expected(example, at)
          expect(slice('weights', m, 1)).toEqual([wanted ? 1 : 0])
          expect(slice('labels', m, 1)).toEqual([wanted?.label ?? -1])
          expect(slice('places', m, 1)).toEqual([wanted?.before ?? OTHER])
          expectNear(slice('target_shares', m, TRACE_TOP), wanted?.shares ?? new Array(TRACE_TOP).fill(0))
          expect(slice('target_places', m, TRACE_TOP)).toEqual(wanted?.places ?? new Array(TRACE_TOP).fill(0))
          expectNear(slice(`inputs.${at}`, n, d), wanted?.input ?? new Array(d).fill(0))
          expectNear(slice(`gates.${at}`, n, 2 * SHAPE.stateSize), [...(wanted?.gates ?? new Float32Array(24))])
        }
      }
      expect(batch['inputs.0']?.dims).toEqual([N, d])
      expect(batch.target_shares?.dims).toEqual([depth * N, TRACE_TOP])
    }),
    { numRuns: 40 },
  )
})

it('an example may point at the last tokens before it, and knows what stood before each', () => {
  fc.assert(
    fc.property(traces, (specs) => {
      const examples = examplesOf(specs.map(made))
      const batch = batchOf(examples, reading)
      const [, L = 0] = batch['context.mask']?.dims ?? []
      const row = (name: string, n: number) => Array.from(batch[name]?.data ?? [], Number).slice(n * L, (n + 1) * L)
      for (const [n, { trace, row: at }] of examples.entries()) {
        const text = [...trace.prompt, ...trace.tokens.subarray(0, at)]
        const seen = [...text.keys()].slice(-SHAPE.pointer.window)
        const back = (distance: number) => seen.map((place) => text[place - distance] ?? VOCABULARY)
        const padded = (values: readonly number[], nothing: number) => [
          ...values,
          ...Array(L - seen.length).fill(nothing),
        ]
        const words = Array.from(batch['context.words']?.data ?? [], Number)
        expect(new Set(words).size).toBe(words.length)
        for (const distance of [0, 1, 2]) {
          expect(row(`context.${distance}`, n).map((place) => words[place])).toEqual(padded(back(distance), VOCABULARY))
        }
        const places = back(0).map((id) => (vocabulary.ids.includes(id) ? vocabulary.ids.indexOf(id) : OTHER))
        expect(row('context.places', n)).toEqual(padded(places, OTHER))
        expect(row('context.mask', n)).toEqual(
          padded(
            seen.map(() => 0),
            -1e9,
          ),
        )
      }
    }),
    { numRuns: 40 },
  )
})

it('a draft that trains its gates is given none', () => {
  const { gatesOf: _, ...own } = reading
  const trace = made({ seed: 1, prompt: [1, 2], tokens: [3, 4] })
  expect(Object.keys(batchOf(examplesOf([trace]), own)).filter((name) => name.startsWith('gates'))).toEqual([])
})

function expectNear(actual: readonly number[], wanted: readonly number[]): void {
  expect(actual.length).toBe(wanted.length)
  const worst = Math.max(0, ...actual.map((value, at) => Math.abs(value - (wanted[at] ?? Number.NaN))))
  expect(worst).toBeLessThan(1e-5)
}
