import type { SamplingParameters } from '@foretoken/engine'
import { complete } from '../../../engine/generate.ts'
import { workloadPrompts } from '../../../workloads/prompts.ts'
import { type Models, tokensOf } from '../learning/world.ts'
import { inTurns } from './section.ts'

export const MODES = [
  { name: 'greedy', sampling: { temperature: 0 } },
  { name: 'temperature', sampling: { temperature: 0.8 } },
  { name: 'top-p', sampling: { temperature: 0.8, topP: 0.9 } },
] as const satisfies readonly { name: string; sampling: Partial<SamplingParameters> }[]

export type Mode = (typeof MODES)[number]['name']

/** Means over the steps of one sequence. */
export interface StepFigures {
  readonly ms: number
  readonly targetMs: number
  readonly draftMs: number
  /** Logit rows that a token was drawn from, and cache rows kept: as many as tokens were committed. */
  readonly rows: number
}

type StepsByArm = Record<'none' | 'auto', StepFigures>

/** Serves the same requests plain and as the controller picks, in all ways of sampling, in turns. */
export async function timeSteps(models: Models, count: number): Promise<Record<Mode, StepsByArm>> {
  const prompts = workloadPrompts(count).map(({ prompt }) => tokensOf(models, prompt))
  const cells = MODES.flatMap(({ name, sampling }) => {
    return (['none', 'auto'] as const).map((arm) => ({
      name,
      sampling,
      arm,
      sums: { ms: 0, targetMs: 0, draftMs: 0, rows: 0, steps: 0 },
    }))
  })
  for (const [turn, prompt] of prompts.entries()) {
    await inTurns(cells, turn, async ({ name, sampling, arm, sums }) => {
      models.watch(({ ms, targetMs, draftMs, results }) => {
        if (turn < WARM_UP) return
        sums.ms += ms
        sums.targetMs += targetMs
        sums.draftMs += draftMs
        sums.rows += results[0]?.committed ?? 0
        sums.steps++
      })
      await complete(models.engine, {
        tenant: `ten_${name}_${arm}`,
        prompt,
        tokensMax: 64,
        sampling,
        speculation: { arm },
      })
    })
  }
  models.watch(undefined)
  const of = (mode: Mode, wanted: 'none' | 'auto'): StepFigures => {
    const found = cells.find(({ name, arm }) => name === mode && arm === wanted)
    const { ms = 0, targetMs = 0, draftMs = 0, rows = 0, steps = 0 } = found?.sums ?? {}
    return { ms: ms / steps, targetMs: targetMs / steps, draftMs: draftMs / steps, rows: rows / steps }
  }
  const byArm = (mode: Mode): StepsByArm => ({ none: of(mode, 'none'), auto: of(mode, 'auto') })
  return { greedy: byArm('greedy'), temperature: byArm('temperature'), 'top-p': byArm('top-p') }
}

const WARM_UP = 3
