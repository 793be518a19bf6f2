/**
 * HEADER
 */
import { performance } from 'node:perf_hooks'
import type { SamplingParameters } from '../request.ts'
import { Sampler } from './sampler.ts'
import { normalLogits, PLAIN } from './testing.ts'
import { Workspace } from './workspace.ts'

const CASES: Record<string, Partial<SamplingParameters>> = {
  greedy: { temperature: 0 },
  'greedy, penalties': { temperature: 0, repetitionPenalty: 1.1, frequencyPenalty: 0.5 },
  plain: {},
  'min-p 0.05': { minP: 0.05 },
  'top-k 40': { topK: 40 },
  'top-p 0.9': { topP: 0.9 },
  'top-k 40, top-p 0.9': { topK: 40, topP: 0.9 },
}
const SIZES = [
  { V: 4096, rows: 64, batches: 60 },
  { V: 152_064, rows: 8, batches: 12 },
]
const prompt = Array.from({ length: 300 }, (_, index) => (index * 37) % 4096)

/** Microseconds per row: median over batches of what each sampler takes, one after the other in turns. */
function measure(draws: readonly ((row: number, position: number) => void)[], rows: number, batches: number): string {
  const times = draws.map((): number[] => [])
  for (let batch = 0; batch < batches; batch++) {
    for (const [at, draw] of draws.entries()) {
      const start = performance.now()
      for (let row = 0; row < rows; row++) draw(row, batch * rows + row)
      times[at]?.push(((performance.now() - start) / rows) * 1000)
    }
  }
  return times
    .map((each) => each.sort((a, b) => a - b))
    .map((each) => `${each[0]?.toFixed(1).padStart(9)} / ${each[each.length >> 1]?.toFixed(1).padStart(8)}`)
    .join('  ')
}

for (const { V, rows, batches } of SIZES) {
  for (const deviation of [1, 3]) {
    const logits = normalLogits(rows * V, deviation, 12345)
    const workspaces = [new Workspace(V), new Workspace(V, { native: false })]
    const report = (name: string, figures: string) =>
      console.log(`V = ${V}  σ = ${deviation}  ${name.padEnd(20)} ${figures}`)
    for (const [name, parameters] of Object.entries(CASES)) {
      const samplers = workspaces.map((workspace) => new Sampler({ ...PLAIN, ...parameters }, 0, prompt, V, workspace))
      const draws = samplers.map((sampler) => (row: number, position: number) => {
        sampler.sample(logits, row * V, position)
      })
      report(name, measure(draws, rows, batches))
    }
    const samplers = workspaces.map((workspace) => new Sampler(PLAIN, 0, prompt, V, workspace))
    const draws = samplers.map((sampler) => (row: number) => {
      sampler.logprobs(logits, row * V, 7, 20)
    })
    report('logprobs, top 20', measure(draws, rows, batches))
  }
}
