import type { SamplingParameters } from '../request.ts'
import { Sampler } from './sampler.ts'
import { Workspace } from './workspace.ts'

const V = 4096
const ROWS = 64
const base: SamplingParameters = {
  temperature: 1,
  topK: 0,
  topP: 1,
  minP: 0,
  presencePenalty: 0,
  frequencyPenalty: 0,
  repetitionPenalty: 1,
  logitBias: new Map(),
  seed: 0x0123_4567_89ab_cdefn,
}
const CASES: Record<string, Partial<SamplingParameters>> = {
  greedy: { temperature: 0 },
  'greedy, penalties': { temperature: 0, repetitionPenalty: 1.1, frequencyPenalty: 0.5 },
  'temperature 1': {},
  'temperature 1, min-p 0.05': { minP: 0.05 },
  'temperature 1, top-k 40': { topK: 40 },
  'temperature 1, top-p 0.9': { topP: 0.9 },
  'temperature 1, top-k 40, top-p 0.9': { topK: 40, topP: 0.9 },
}

/** Logits [ROWS, V], normal with this deviation: 1 is nearly flat, 3 as peaked as a language model's. */
function logitsOf(deviation: number): Float32Array {
  let state = 12345
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state + 0.5) / 2 ** 32
  }
  return Float32Array.from(
    { length: ROWS * V },
    () => deviation * Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()),
  )
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
  const logits = logitsOf(deviation)
  for (const [name, parameters] of Object.entries(CASES)) {
    const sampler = new Sampler({ ...base, ...parameters }, 0, prompt, V, new Workspace(V))
    measure(sampler, logits)
    console.log(`σ = ${deviation}  ${name.padEnd(36)} ${measure(sampler, logits)}`)
  }
  const sampler = new Sampler(base, 0, prompt, V, new Workspace(V))
  const start = performance.now()
  for (let index = 0; index < 2000; index++) sampler.logprobs(logits, (index % ROWS) * V, 7, 20)
  console.log(`σ = ${deviation}  ${'logprobs, top 20'.padEnd(36)} ${((performance.now() - start) / 2).toFixed(1)} µs`)
}
