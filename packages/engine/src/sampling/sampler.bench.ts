/**
 * Microseconds per draw, minimum / median, by the kernel and by the reference in turns:
 * `node --import tsx packages/engine/src/sampling/sampler.bench.ts`.
 *
 * Minima, Node 20.20, one of two virtual AMD EPYC cores (AVX-512) under seven times their load, which makes medians of
 * the longer ones meaningless. Logits are normal with deviation σ: 1 is nearly flat, 3 is peaked.
 *
 *                           V = 4,096                         V = 152,064
 *                           kernel        reference           kernel        reference
 *                         σ = 1  σ = 3   σ = 1  σ = 3       σ = 1  σ = 3   σ = 1   σ = 3
 *   greedy                  1.7    1.7     5.7    6.7          43     43     247     247
 *   greedy, penalties       3.5    3.7     8.3    8.5          78     78     273     280
 *   plain                   5.7    5.4      71     72         162    160   6,536   6,473
 *   min-p 0.05              5.8    3.7      86     22         165     58   3,701   2,118
 *   top-k 40                7.2    7.5      62     63          57     55   4,903   5,228
 *   top-p 0.9                11     10     190    110         321    308  16,162   9,539
 *   top-k 40, top-p 0.9      11     10      64     63          64     62   5,446   5,133
 *   logprobs, top 20         16     16      42     42         317    318   2,847   1,735
 *
 * Of a plain draw by the reference 45 µs are Philox: 1,024 blocks; by the kernel 2.
 */
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
