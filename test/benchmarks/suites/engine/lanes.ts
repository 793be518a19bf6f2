import type { SpeculationParameters } from '@foretoken/engine'
import { complete } from '../../../engine/generate.ts'
import type { Models } from '../learning/world.ts'

/** Completion tokens per request; the reference target ends most answers by itself before that. */
const TOKENS = 96

export interface LaneRun {
  /** Sequences at a time, each lane taking the next prompt as soon as it is done with one. */
  readonly width: number
  readonly prompts: readonly (readonly number[])[]
  readonly speculation: SpeculationParameters
  tenantOf(lane: number, prompt: number): string
}

/** What was committed while all lanes were busy. */
export interface LaneFigures {
  /** From the first request to the sending of the last: prefill is part of it. */
  readonly tokensPerSecond: number
  /** Of the verification steps that had all lanes in them. */
  readonly full: { readonly tokens: number; readonly ms: number; readonly draftMs: number; readonly steps: number }
}

export async function runLanes(
  { engine, watch }: Pick<Models, 'engine' | 'watch'>,
  run: LaneRun,
): Promise<LaneFigures> {
  const { width, prompts, speculation, tenantOf } = run
  const full = { tokens: 0, ms: 0, draftMs: 0, steps: 0 }
  let tokens = 0
  let busy = { tokens: 0, ms: Number.NaN }
  watch(({ results, ms, draftMs }) => {
    const committed = results.reduce((sum, result) => sum + result.committed, 0)
    tokens += committed
    if (results.length < width) return
    full.tokens += committed
    full.ms += ms
    full.draftMs += draftMs
    full.steps++
  })
  const started = performance.now()
  let next = 0
  const lane = async (_: unknown, own: number) => {
    while (next < prompts.length) {
      const at = next++
      const prompt = prompts[at] ?? []
      if (next === prompts.length) busy = { tokens, ms: performance.now() - started }
      await complete(engine, { tenant: tenantOf(own, at), prompt, tokensMax: TOKENS, speculation })
    }
  }
  await Promise.all(Array.from({ length: width }, lane))
  watch(undefined)
  return { tokensPerSecond: (1_000 * busy.tokens) / busy.ms, full }
}
