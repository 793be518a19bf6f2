/**
 * Microseconds per draw at V = 4,096: `node --import tsx packages/engine/src/sampling/sampler.bench.ts`.
 *
 * Minimum over 200 batches of 64 rows, Node 20.20, one of two virtual AMD EPYC cores, other jobs running (their share
 * doubles the medians, so none are given). Logits are normal with deviation σ: 1 is nearly flat, 3 is peaked.
 *
 *                            σ = 1   σ = 3
 *   greedy                       7       7
 *   greedy, penalties           12      13
 *   plain                       76      76
 *   min-p 0.05                  92      27
 *   top-k 40                    67      67
 *   top-p 0.9                  191     110    on the flat row 2,500 tokens survive
 *   top-k 40, top-p 0.9         68      68
 *   logprobs, top 20            56      40    mean of 2,000
 *
 * Of a plain draw 45 µs are Philox: 1,024 blocks.
 */
import type { SamplingParameters } from '../request.ts'
import { Sampler } from './sampler.ts'
import { normalLogits, PLAIN } from './testing.ts'
import { Workspace } from './workspace.ts'

const V = 4096
const ROWS = 64
const CASES: Record<string, Partial<SamplingParameters>> = {
  greedy: { temperature: 0 },
  'greedy, penalties': { temperature: 0, repetitionPenalty: 1.1, frequencyPenalty: 0.5 },
  'temperature 1': {},
  'temperature 1, min-p 0.05': { minP: 0.05 },
  'temperature 1, top-k 40': { topK: 40 },
  'temperature 1, top-p 0.9': { topP: 0.9 },
  'temperature 1, top-k 40, top-p 0.9': { topK: 40, topP: 0.9 },
}

/** Minimum and median over batches, microseconds per draw. */
function measure(sampler: Sampler, logits: Float32Array): string {
  const times: number[] = []
  for (let batch = 0; batch < 200; batch++) {
    const start = performance.now()
    for (let row = 0; row < ROWS; row++) sampler.sample(logits, row * V, batch * ROWS + row)
    times.push(((performance.now() - start) / ROWS) * 1000)
  }
  times.sort((a, b) => a - b)
  const at = (index: number) => (times[index] ?? Number.NaN).toFixed(1)
  return `${at(0)} / ${at(times.length >> 1)} µs`
}

const prompt = Array.from({ length: 300 }, (_, index) => (index * 37) % V)
for (const deviation of [1, 3]) {
  const logits = normalLogits(ROWS * V, deviation, 12345)
  for (const [name, parameters] of Object.entries(CASES)) {
    const sampler = new Sampler({ ...PLAIN, ...parameters }, 0, prompt, V, new Workspace(V))
    measure(sampler, logits)
    console.log(`σ = ${deviation}  ${name.padEnd(36)} ${measure(sampler, logits)}`)
  }
  const sampler = new Sampler(PLAIN, 0, prompt, V, new Workspace(V))
  const start = performance.now()
  for (let index = 0; index < 2000; index++) sampler.logprobs(logits, (index % ROWS) * V, 7, 20)
  console.log(`σ = ${deviation}  ${'logprobs, top 20'.padEnd(36)} ${((performance.now() - start) / 2).toFixed(1)} µs`)
}
