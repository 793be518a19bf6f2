import { workloadPrompts } from '../../../workloads/prompts.ts'
import { median, rounded } from '../../report.ts'
import { openModels, tokensOf } from '../learning/world.ts'
import { type LaneFigures, runLanes } from './lanes.ts'
import { inTurns, type Section, type SectionOptions } from './section.ts'

const WIDTHS = [1, 2, 4, 8]
const ARMS = ['none', 'auto'] as const

/**
 * Tokens per second of all sequences together, by how many are served at once: plain, and as the controller picks from
 * the suffix and static arms. Tenants are new in each round, one per domain of the prompts, so that no round is easier
 * than the one before.
 */
export async function measureBatches({ quick, log }: SectionOptions): Promise<Section> {
  const models = await openModels({ sequencesMax: Math.max(...WIDTHS) })
  const workload = workloadPrompts(quick ? 28 : 56)
  const prompts = workload.map(({ prompt }) => tokensOf(models, prompt))
  const cells = ARMS.flatMap((arm) => WIDTHS.map((width) => ({ arm, width, figures: [] as LaneFigures[] })))
  const rounds = quick ? 2 : 8
  for (let round = -1; round < rounds; round++) {
    await inTurns(cells, round + 1, async ({ arm, width, figures }) => {
      const tenantOf = (_: number, at: number) => `ten_${arm}_${width}_${round}_${workload[at]?.domain}`
      const part = round < 0 ? prompts.slice(0, 14) : prompts
      const measured = await runLanes(models, { width, prompts: part, speculation: { arm }, tenantOf })
      if (round >= 0) figures.push(measured)
    })
    log(`batches: round ${round + 1} of ${rounds}${round < 0 ? ', to warm up' : ''}`)
  }
  await models.close()
  const medians: Record<string, number> = {}
  const ratios: Record<string, number> = {}
  const speed = (arm: string, width: number) => {
    const { figures = [] } = cells.find((cell) => cell.arm === arm && cell.width === width) ?? {}
    return median(figures.map(({ tokensPerSecond }) => tokensPerSecond))
  }
  for (const { arm, width } of cells) medians[`${arm} batch ${width} tokens/s`] = rounded(speed(arm, width))
  for (const arm of ARMS) ratios[`${arm} batch8/batch1`] = rounded(speed(arm, 8) / speed(arm, 1))
  for (const width of WIDTHS) ratios[`batch ${width} auto/none`] = rounded(speed('auto', width) / speed('none', width))
  return { medians, ratios, raw: cells }
}
